#include "truckee/base/deadline_queue.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

using queue = deadline_queue<std::string>;
constexpr auto start = queue::time_point{} + 1h;

std::vector<std::string> all_due(queue& q, queue::time_point now) {
  std::vector<std::string> out;
  while (auto item = q.take_due(now))
    out.push_back(std::move(*item));
  return out;
}

} // namespace

TEST(deadline_queue, gives_what_is_due_in_the_order_of_time_and_nothing_else) {
  queue q;
  q.add(start + 3s, "third");
  q.add(start + 1s, "first");
  q.add(start + 2s, "second");
  EXPECT_EQ(q.next(), start + 1s);
  EXPECT_EQ(all_due(q, start + 999ms), std::vector<std::string>{});
  EXPECT_EQ(all_due(q, start + 2s), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(q.next(), start + 3s);
}

TEST(deadline_queue, equal_times_keep_the_order_in_which_they_were_added) {
  queue q;
  for (const auto* name : {"a", "b", "c"})
    q.add(start, name);
  EXPECT_EQ(all_due(q, start), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(q.empty());
  EXPECT_EQ(q.next(), std::nullopt);
}

TEST(deadline_queue, what_was_taken_back_never_comes_and_can_be_taken_once) {
  queue q;
  const auto kept = q.add(start, "kept");
  const auto back = q.add(start, "back");
  EXPECT_EQ(q.take(back), "back");
  EXPECT_EQ(q.take(back), std::nullopt);
  EXPECT_EQ(q.take({}), std::nullopt) << "a default ticket names nothing";
  EXPECT_EQ(all_due(q, start), std::vector<std::string>{"kept"});
  EXPECT_EQ(q.take(kept), std::nullopt);
}

TEST(deadline_queue, holds_on_to_nothing_that_left_it) {
  deadline_queue<std::shared_ptr<int>> q;
  const auto value = std::make_shared<int>(1);
  const auto one = q.add(start, value);
  q.add(start, value);
  EXPECT_EQ(value.use_count(), 3);
  q.take(one);
  q.take_due(start);
  EXPECT_EQ(value.use_count(), 1);
}
