#include "model/explorer.hpp"

#include <gtest/gtest.h>

using namespace truckee::model;

TEST(model, two_writers_on_two_servers_keep_every_promise_whatever_happens) {
  const auto found = explore(known_scopes().front(), 1'000'000);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.broken, "");
  EXPECT_GT(found.told, 0U);
  EXPECT_GT(found.met.barriers, 0U);
  EXPECT_GT(found.met.lost_rounds, 0U);
}

TEST(model, a_repair_that_fills_an_empty_slot_breaks_no_promise_whatever_happens) {
  const auto found = explore(known_scopes().at(1), 1'000'000);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.broken, "");
  EXPECT_GT(found.met.fill_ins, found.met.doubtful_fill_ins);
  EXPECT_GT(found.met.doubtful_fill_ins, 0U) << "while something greater may be confirmed";
}
