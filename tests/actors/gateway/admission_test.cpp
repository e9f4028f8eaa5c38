#include "truckee/actors/gateway/admission.hpp"

#include "truckee/actors/gateway/early_cancels.hpp"

#include <gtest/gtest.h>
#include <random>

using namespace truckee;
using namespace truckee::actors;
using namespace std::chrono_literals;
using metrics::refusal;

namespace {

constexpr std::uint64_t mib = 1 << 20;

caller number(caf::actor_id actor) {
  return {caf::node_id{}, actor, true};
}

admission with_bytes(std::uint64_t bytes) {
  return admission({.held_bytes_max = bytes});
}

/// How many contents of that size a caller gets in, one after another.
std::size_t entered(admission& door, const caller& who, std::uint64_t size, std::size_t at_most = 1000) {
  std::size_t out = 0;
  for (; out < at_most && !door.refuses(who, size); ++out)
    door.enter(who, size);
  return out;
}

const admission::time_point start{};

} // namespace

TEST(admission, one_caller_alone_gets_half_of_the_room_and_leaves_the_rest_to_others) {
  auto door = with_bytes(256 * mib);
  EXPECT_EQ(entered(door, number(1), mib), 128U);
  EXPECT_EQ(door.refuses(number(1), mib), refusal::too_many_bytes_of_caller);
  EXPECT_EQ(entered(door, number(2), mib), 64U);
  EXPECT_EQ(entered(door, number(3), mib), 32U);
  EXPECT_EQ(door.refuses(number(4), mib), std::nullopt) << "whoever holds nothing gets in";
}

TEST(admission, who_took_all_room_before_others_came_waits_until_they_have_as_much) {
  auto door = with_bytes(300 * mib);
  ASSERT_EQ(entered(door, number(1), mib), 150U);
  ASSERT_EQ(entered(door, number(2), mib), 75U);
  for (int i = 0; i < 60; ++i)
    door.leave(number(1), mib, start);
  EXPECT_EQ(entered(door, number(2), mib), 30U) << "what one gives back, the other may have";
  EXPECT_EQ(door.held_bytes(), 195 * mib);
}

TEST(admission, a_large_content_gets_in_whenever_there_is_any_room) {
  auto door = with_bytes(256 * mib);
  EXPECT_EQ(entered(door, number(1), mib, 3), 3U);
  EXPECT_EQ(door.refuses(number(2), 1024 * mib), std::nullopt);
  door.enter(number(2), 1024 * mib);
  EXPECT_EQ(door.refuses(number(3), 1), refusal::too_many_bytes) << "and then nobody";
  EXPECT_EQ(door.refuses(number(3), 0), std::nullopt) << "but who brings none";
  door.leave(number(2), 1024 * mib, start);
  EXPECT_EQ(door.refuses(number(3), 1), std::nullopt);
}

TEST(admission, whatever_comes_no_more_is_held_than_the_limit_and_one_content) {
  std::mt19937_64 random(7);
  auto door = with_bytes(64 * mib);
  std::vector<std::pair<caller, std::uint64_t>> in;
  for (int i = 0; i < 20'000; ++i) {
    const auto who = number(1 + random() % 9);
    const auto size = random() % (16 * mib);
    if (random() % 3 != 0 && !door.refuses(who, size)) {
      door.enter(who, size);
      in.emplace_back(who, size);
    } else if (!in.empty()) {
      const auto at = in.begin() + static_cast<std::ptrdiff_t>(random() % in.size());
      door.leave(at->first, at->second, start);
      in.erase(at);
    }
    ASSERT_LE(door.held_bytes(), 80 * mib);
    ASSERT_EQ(door.operations(), in.size());
  }
  for (const auto& [who, size] : in)
    door.leave(who, size, start);
  EXPECT_EQ(door.held_bytes(), 0U);
  EXPECT_EQ(door.callers(), 0U) << "who holds nothing is forgotten";
}

TEST(admission, operations_are_bounded_for_all_and_for_each_caller) {
  admission door({.operations_max = 5, .operations_per_caller_max = 3});
  EXPECT_EQ(entered(door, number(1), 0), 3U);
  EXPECT_EQ(door.refuses(number(1), 0), refusal::too_many_of_caller);
  EXPECT_EQ(entered(door, number(2), 0), 2U);
  EXPECT_EQ(door.refuses(number(2), 0), refusal::too_many_operations);
  door.leave(number(1), 0, start);
  EXPECT_EQ(door.refuses(number(2), 0), std::nullopt);
  door.limits_are({.operations_max = 4, .operations_per_caller_max = 3});
  EXPECT_EQ(door.refuses(number(2), 0), refusal::too_many_operations) << "other limits hold at once";
}

TEST(admission, says_how_much_is_there_and_guesses_when_there_is_room) {
  auto door = with_bytes(100);
  ASSERT_EQ(entered(door, number(1), 10), 5U);
  auto told = door.backlog(number(1), refusal::too_many_bytes_of_caller, start);
  EXPECT_EQ(told.operations, 5U);
  EXPECT_EQ(told.content_bytes, 50U);
  EXPECT_EQ(told.retry_after_ms, 1000U) << "nothing has ended yet";
  // 10 bytes a second leave; one byte too many is held.
  for (int second = 0; second <= 10; ++second) {
    door.leave(number(1), 10, start + second * 1s);
    door.enter(number(1), 10);
  }
  told = door.backlog(number(1), refusal::too_many_bytes_of_caller, start + 10s);
  EXPECT_GE(told.retry_after_ms, 250U);
  EXPECT_LE(told.retry_after_ms, 1000U);
  told = door.backlog(number(1), refusal::too_many_operations, start + 11s);
  EXPECT_NEAR(static_cast<double>(told.retry_after_ms), 1000, 1) << "eleven ended in eleven seconds";
  told = door.backlog(number(1), refusal::too_many_operations, start + 24h);
  EXPECT_EQ(told.retry_after_ms, 60'000U);
}

TEST(caller, handles_its_own_and_the_gateways_node_everybodys) {
  const caller nobody;
  const caller local{caf::node_id{}, 7, true};
  EXPECT_FALSE(may_handle(nobody, nobody)) << "messages without a sender have no owner";
  EXPECT_TRUE(may_handle(local, nobody));
  EXPECT_FALSE(may_handle(nobody, local));
  EXPECT_FALSE(number(1) == number(2));
}

TEST(early_cancels, count_once_and_the_oldest_are_forgotten) {
  early_cancels memory;
  memory.remember(number(1), {7});
  EXPECT_FALSE(memory.take(number(1), {8}));
  EXPECT_TRUE(memory.take(number(2), {7})) << "another actor of the node sends it";
  EXPECT_FALSE(memory.take(number(1), {7})) << "once";
  memory.remember(number(1), {0});
  EXPECT_FALSE(memory.take(number(1), {0})) << "no token names nothing";
  for (std::uint64_t token = 1; token <= early_cancels::of_one_node_max + 1; ++token)
    memory.remember(number(1), {token});
  EXPECT_FALSE(memory.take(number(1), {1}));
  EXPECT_TRUE(memory.take(number(1), {2}));
}
