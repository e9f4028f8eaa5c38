#include "truckee/actors/publish/fair_queue.hpp"

#include <gtest/gtest.h>
#include <string>

using truckee::actors::fair_queue;

namespace {

std::string all_of(fair_queue<int, char>& queue) {
  std::string out;
  while (!queue.empty()) {
    EXPECT_EQ(queue.front(), queue.front());
    out += queue.pop();
  }
  return out;
}

fair_queue<int, char> filled(const std::string& of_one, const std::string& of_two,
                             const std::string& of_three) {
  fair_queue<int, char> out;
  for (const char c : of_one)
    out.push(1, c);
  for (const char c : of_two)
    out.push(2, c);
  for (const char c : of_three)
    out.push(3, c);
  return out;
}

} // namespace

TEST(fair_queue, callers_take_turns_and_each_callers_come_in_their_order) {
  auto queue = filled("abcdef", "xy", "z");
  EXPECT_EQ(all_of(queue), "axzbycdef");
}

TEST(fair_queue, one_with_many_does_not_stand_before_one_who_comes_later) {
  auto queue = filled(std::string(256, 'a'), "", "");
  queue.push(2, 'x');
  EXPECT_EQ(queue.pop(), 'a');
  EXPECT_EQ(queue.pop(), 'x') << "not the 257th";
  EXPECT_EQ(all_of(queue), std::string(255, 'a'));
}

TEST(fair_queue, who_is_taken_out_loses_his_turn_and_nobody_elses) {
  auto queue = filled("ab", "x", "z");
  queue.erase_if([](char c) { return c == 'x' || c == 'a'; });
  EXPECT_TRUE(queue.any_of([](char c) { return c == 'b'; }));
  EXPECT_FALSE(queue.any_of([](char c) { return c == 'x'; }));
  queue.push(2, 'y');
  EXPECT_EQ(all_of(queue), "bzy");
}
