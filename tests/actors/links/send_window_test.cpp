#include "truckee/actors/links/send_window.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

using window = actors::send_window<std::string>;
constexpr auto opened = window::time_point{} + 1h;

std::vector<std::string> sent_now(window& w, std::vector<window::number>* numbers = nullptr) {
  std::vector<std::string> out;
  while (const auto next = w.next()) {
    out.push_back(*next->second);
    if (numbers != nullptr)
      numbers->push_back(next->first);
  }
  return out;
}

using names = std::vector<std::string>;

} // namespace

TEST(send_window, sends_in_order_and_never_more_than_its_bytes) {
  window w(100);
  for (const auto* name : {"a", "b", "c", "d"})
    w.add(name, 40, opened);
  std::vector<window::number> numbers;
  EXPECT_EQ(sent_now(w, &numbers), (names{"a", "b"}));
  EXPECT_EQ(w.bytes_in_flight(), 80U);
  EXPECT_EQ(w.take_sent(numbers[0]), "a");
  EXPECT_EQ(sent_now(w), names{"c"});
}

TEST(send_window, one_above_its_size_goes_alone_and_nothing_overtakes_it) {
  window w(100);
  w.add("small", 40, opened);
  w.add("large", 1000, opened);
  w.add("after", 1, opened);
  std::vector<window::number> numbers;
  EXPECT_EQ(sent_now(w, &numbers), names{"small"}) << "after would fit, and has to wait";
  w.take_sent(numbers[0]);
  EXPECT_EQ(sent_now(w, &numbers), names{"large"});
  w.take_sent(numbers[1]);
  EXPECT_EQ(sent_now(w), names{"after"});
}

TEST(send_window, only_what_waits_can_be_overdue) {
  window w(100);
  w.add("sent", 100, opened);
  w.add("second", 1, opened + 2s);
  w.add("first", 1, opened + 1s);
  EXPECT_EQ(sent_now(w), names{"sent"});
  EXPECT_EQ(w.next_due(), opened + 1s) << "what was sent has its deadline elsewhere";
  EXPECT_EQ(w.take_overdue(opened), std::nullopt);
  EXPECT_EQ(w.take_overdue(opened + 5s), "first");
  EXPECT_EQ(w.take_overdue(opened + 5s), "second");
  EXPECT_EQ(w.take_overdue(opened + 5s), std::nullopt);
  EXPECT_EQ(w.next_due(), std::nullopt);
}

TEST(send_window, what_was_taken_is_taken_once_and_leaves_no_bytes) {
  window w(10);
  w.add("a", 10, opened);
  w.add("b", 10, opened);
  std::vector<window::number> numbers;
  sent_now(w, &numbers);
  EXPECT_EQ(w.take_waiting(), names{"b"});
  EXPECT_EQ(w.next_due(), std::nullopt);
  EXPECT_EQ(w.take_all_sent(), names{"a"});
  EXPECT_EQ(w.bytes_in_flight(), 0U);
  EXPECT_EQ(w.take_sent(numbers[0]), std::nullopt);
  EXPECT_EQ(w.bytes_in_flight(), 0U);
}

TEST(send_window, every_request_leaves_once_whatever_the_order) {
  std::mt19937_64 dice(7);
  for (int round = 0; round < 200; ++round) {
    window w(100);
    std::size_t added = 0;
    std::size_t left = 0;
    std::vector<window::number> out;
    std::uint64_t in_flight = 0;
    std::map<window::number, std::uint64_t> bytes;
    for (int step = 0; step < 60; ++step)
      switch (dice() % 4) {
      case 0:
        w.add("x", dice() % 150 + 1, opened + std::chrono::seconds(dice() % 10));
        ++added;
        break;
      case 1:
        if (const auto before = w.bytes_in_flight(); const auto next = w.next()) {
          out.push_back(next->first);
          bytes[next->first] = w.bytes_in_flight() - before;
          in_flight += bytes[next->first];
          EXPECT_TRUE(in_flight <= 100 || out.size() == 1) << in_flight;
        }
        break;
      case 2:
        if (!out.empty()) {
          const auto which = out[dice() % out.size()];
          left += w.take_sent(which) ? 1 : 0;
          in_flight -= bytes[which];
          std::erase(out, which);
        }
        break;
      default:
        left += w.take_overdue(opened + std::chrono::seconds(dice() % 10)) ? 1 : 0;
      }
    EXPECT_EQ(w.bytes_in_flight(), in_flight);
    left += w.take_waiting().size() + w.take_all_sent().size();
    EXPECT_EQ(left, added);
  }
}
