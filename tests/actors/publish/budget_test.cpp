#include "actors/server_words.hpp"
#include "truckee/actors/publish/byte_budget.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

namespace {

/// Takes most of the room and never gives it back.
struct taker_state {
  using handle = messages::protocol<void(messages::run)>;
  static constexpr const char* name = "truckee.test.taker";
  taker_state(messages::shell<taker_state>* self, messages::byte_budget budget)
    : self_(self), budget_(std::move(budget)) {}
  messages::behavior<handle> make_behavior() {
    return {[this](const messages::run&) {
      messages::request(
          self_, budget_, 1h, messages::take_bytes{800}, [](const messages::bytes_taken&) {},
          [](const caf::error&) {});
    }};
  }
  messages::shell<taker_state>* self_;
  messages::byte_budget budget_;
};

/// A grid whose publishes share room for one of them.
struct narrow_grid : test_grid {
  narrow_grid() {
    services->budget =
        actors::spawn_byte_budget(run.system(), std::make_shared<const actors::services>(*services), 1000);
    run.settle();
  }
  ~narrow_grid() {
    run.kill(services->budget);
    services->budget = messages::byte_budget{};
    end();
  }
};

} // namespace

TEST(Budget, WhatAnAskerHadIsFreeAgainWhenItEndsWithoutGivingBack) {
  narrow_grid grid;
  const auto holder = messages::spawn<taker_state>(grid.run.system(), grid.services->budget);
  const auto waiter = messages::spawn<taker_state>(grid.run.system(), grid.services->budget);
  messages::send_anonymously(holder, messages::run{});
  grid.run.settle();
  messages::send_anonymously(waiter, messages::run{});
  const auto third = grid.run.ask<messages::bytes_taken>(grid.services->budget, messages::take_bytes{800});
  grid.run.settle();
  EXPECT_FALSE(third->done());
  grid.run.kill(waiter); // it waits before the third
  grid.run.kill(holder);
  grid.run.settle();
  EXPECT_TRUE(third->done()) << "neither a grant nor a place in the line outlives its asker";
}

TEST(Budget, ACallerWithManyLargeOnesDoesNotStandBeforeAll) {
  narrow_grid grid;
  const auto take = [&](std::uint64_t caller) {
    return grid.run.ask<messages::bytes_taken>(grid.services->budget, messages::take_bytes{800, 0, caller});
  };
  std::vector<answer_ptr<messages::bytes_taken>> many;
  for (int i = 0; i < 256; ++i)
    many.push_back(take(1));
  const auto other = take(2);
  grid.run.settle();
  ASSERT_TRUE(many[0]->done());
  EXPECT_FALSE(many[1]->done());
  messages::send_anonymously(grid.services->budget, messages::give_bytes_back{(*many[0])->grant});
  grid.run.settle();
  ASSERT_TRUE(many[1]->done()) << "it came before the other caller was there";
  messages::send_anonymously(grid.services->budget, messages::give_bytes_back{(*many[1])->grant});
  grid.run.settle();
  EXPECT_TRUE(other->done());
  EXPECT_FALSE(many[2]->done());
}

TEST(Budget, MoreRoomLetsWhoWaitsIn) {
  narrow_grid grid;
  const auto first = grid.run.ask<messages::bytes_taken>(grid.services->budget, messages::take_bytes{800});
  const auto second = grid.run.ask<messages::bytes_taken>(grid.services->budget, messages::take_bytes{800});
  grid.run.settle();
  EXPECT_FALSE(second->done());
  messages::send_anonymously(grid.services->budget, messages::allow_bytes{1600});
  grid.run.settle();
  EXPECT_TRUE(first->done());
  EXPECT_TRUE(second->done());
  EXPECT_NE(grid.services->metrics->text().find("in_flight_budget_bytes 1600"), std::string::npos);
}

TEST(Budget, SharesAreCountedWholeNotOnlyTheirContent) {
  narrow_grid grid;
  hang_all_writes(grid);
  const auto first = grid.start_create("a", 0);
  grid.run.settle();
  const auto second = grid.start_create("b", 1);
  grid.run.settle();
  std::size_t writes = 0;
  for (const auto& script : grid.scripts)
    writes += script->writes.size();
  EXPECT_EQ(writes, 10U) << "two files of one byte have 20 shares of 2 KiB: the second waits";
  release_all(grid);
  ASSERT_TRUE(grid.wait(second, 2min));
  EXPECT_TRUE((*second)->ok) << to_string((*second)->failure);
}

TEST(Budget, WaitingForRoomCountsAgainstThePublishsDeadline) {
  narrow_grid grid;
  const auto hog = grid.run.ask<messages::bytes_taken>(grid.services->budget, messages::take_bytes{1000});
  grid.run.settle();
  ASSERT_TRUE(hog->done());
  const auto late = grid.start_create("a");
  grid.run.advance(grid.services->limits.publish_deadline - 1s, 1s);
  EXPECT_FALSE(late->done());
  hang_all_writes(grid);
  grid.run.inside(
      [&] { messages::send_anonymously(grid.services->budget, messages::give_bytes_back{(*hog)->grant}); });
  grid.run.advance(3s, 1s);
  ASSERT_TRUE(late->done()) << "it got its room a second before its deadline, not a new deadline";
  EXPECT_EQ((*late)->failure.code, errc::timeout);
}
