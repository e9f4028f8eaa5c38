#include "truckee/actors/shell/known_places.hpp"

#include "actors/server_words.hpp"
#include "actors/stored_shares.hpp"
#include "actors/test_grid.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;

namespace {

/// A file on ten servers that say which shares they are asked for.
class KnownPlaces : public testing::Test {
protected:
  KnownPlaces() {
    grid.create("one");
    for (const auto& script : grid.scripts)
      script->read = [this, s = script.get()](const grid::slot_read& x) {
        ++(x.shares.empty() ? whole_slots : named_shares);
        return std::optional(s->store->read(x));
      };
  }

  std::string get() {
    whole_slots = named_shares = 0;
    const auto got = grid.get();
    EXPECT_TRUE(grid.wait(got));
    EXPECT_TRUE((*got)->ok) << to_string((*got)->failure);
    return text((*got)->content);
  }

  std::size_t whole_slots = 0;
  std::size_t named_shares = 0;
  test_grid grid;
};

} // namespace

TEST_F(KnownPlaces, ASecondReadNamesWhatTheFirstFound) {
  EXPECT_EQ(get(), "one");
  EXPECT_EQ(whole_slots, 6U) << "2k servers, and no others beside them";
  EXPECT_EQ(named_shares, 0U);
  EXPECT_EQ(get(), "one");
  EXPECT_EQ(whole_slots, 0U);
  EXPECT_EQ(named_shares, 6U);
}

TEST_F(KnownPlaces, WhatOthersWroteSinceIsRead) {
  get();
  const auto others = grid.put_of_another("two");
  ASSERT_TRUE(grid.wait(others));
  EXPECT_EQ(get(), "two");
  EXPECT_EQ(whole_slots, 0U);
}

TEST_F(KnownPlaces, WhoLacksOneIsAskedForAllAndRememberedAnew) {
  get();
  get();
  // The shares of two servers have changed places.
  std::vector<server_script*> asked;
  for (const auto& script : grid.scripts)
    if (script->reads > 0)
      asked.push_back(script.get());
  ASSERT_EQ(asked.size(), 6U);
  std::swap(asked[0]->store, asked[1]->store);
  EXPECT_EQ(get(), "one");
  EXPECT_EQ(whole_slots, 2U);
  EXPECT_EQ(get(), "one");
  EXPECT_EQ(whole_slots, 0U);
  // A third has none any more, of which there is nothing to know: it is asked for all each time.
  asked[2]->store = make_script(77)->store;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(get(), "one");
    EXPECT_GE(whole_slots, 1U);
    EXPECT_GE(named_shares, 5U);
  }
}

TEST_F(KnownPlaces, AWritersMapAndACheckAskForAll) {
  get();
  whole_slots = named_shares = 0;
  const auto health = grid.check();
  ASSERT_TRUE(grid.wait(health));
  EXPECT_EQ(whole_slots, 10U);
  whole_slots = 0;
  const auto others = grid.put_of_another("two");
  ASSERT_TRUE(grid.wait(others));
  EXPECT_EQ(whole_slots, 10U);
  EXPECT_EQ(named_shares, 0U);
}

TEST_F(KnownPlaces, TooFewOfThemAndEveryServerIsAskedForAll) {
  get();
  // Of what four of the six are asked for by name, nothing verifies.
  std::size_t left = 4;
  for (const auto& script : grid.scripts)
    if (script->reads > 0 && left > 0) {
      --left;
      script->read = [this, s = script.get()](const grid::slot_read& x) {
        ++(x.shares.empty() ? whole_slots : named_shares);
        auto out = s->store->read(x);
        if (!x.shares.empty())
          for (auto& [share, parts] : out.reads)
            parts = {shared_bytes::copy_of("rot")};
        return std::optional(out);
      };
    }
  EXPECT_EQ(get(), "one");
}
