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

TEST(model, writers_of_neighbouring_stages_of_an_exchange_keep_every_promise_whatever_happens) {
  for (const std::size_t at : {2U, 3U, 4U}) {
    const auto found = explore(known_scopes().at(at), 2'000'000);
    EXPECT_TRUE(found.complete);
    EXPECT_EQ(found.broken, "");
    EXPECT_GT(found.told, 0U);
    EXPECT_GT(found.met.barriers, 0U);
  }
}

TEST(model, stages_that_are_not_neighbours_break_a_promise) {
  for (const char* stages : {"1 3", "2 4", "1 4"}) {
    auto bounds = known_scopes().at(2);
    bounds.stages = parse_stages(stages);
    EXPECT_NE(explore(bounds, 2'000'000).broken, "") << stages;
  }
}

TEST(model, a_repair_that_fills_an_empty_slot_breaks_no_promise_whatever_happens) {
  const auto found = explore(known_scopes().at(1), 1'000'000);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.broken, "");
  EXPECT_GT(found.met.fill_ins, found.met.doubtful_fill_ins);
  EXPECT_GT(found.met.doubtful_fill_ins, 0U) << "while something greater may be confirmed";
}
