#include "truckee/cli/terminal/report.hpp"

#include <algorithm>
#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::cli;
using messages::publish_reply;

namespace {

publish_reply published() {
  publish_reply x;
  x.ok = true;
  x.version = {3};
  x.spread = {2, 4, 3};
  x.content_bytes = 19;
  x.happiness = 4;
  return x;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != text.npos;
}

std::string name(std::size_t i) {
  return "s" + std::to_string(i);
}

} // namespace

TEST(report, counts_distinct_shares_and_tells_extra_copies_apart) {
  auto x = published();
  for (std::uint16_t i = 0; i < 4; ++i)
    x.placed.push_back({name(i), share_number{static_cast<std::uint8_t>(i)}});
  EXPECT_TRUE(has(summary_of(x, 1), "4 of 4 shares placed, happiness")) << summary_of(x, 1);
  x.placed.push_back({"s0", share_number{1}});
  EXPECT_TRUE(has(summary_of(x, 1), "4 of 4 shares placed (1 of them twice or more), happiness"))
      << summary_of(x, 1);
}

TEST(report, says_of_many_servers_with_one_reason_that_once) {
  auto x = published();
  for (std::size_t i = 0; i < 190; ++i)
    x.servers.push_back({name(i), server_outcome::failed, "permission denied", 0});
  for (std::size_t i = 0; i < 100; ++i) {
    x.servers.push_back({name(200 + i), server_outcome::unreachable,
                         "127.0.0.1:" + std::to_string(4000 + i) + ": connection refused", 0});
    x.unknown_servers.push_back(name(300 + i));
    x.stale.push_back({name(i), share_number{static_cast<std::uint8_t>(i)}});
  }
  x.servers.push_back({"alone", server_outcome::unreachable, "127.0.0.1:5000: no route", 0});
  const auto text = summary_of(x, 1);
  EXPECT_LT(lines(text), 8U) << text;
  EXPECT_LT(text.size(), 1000U) << text;
  EXPECT_TRUE(has(text, "190 servers (s0, s1, s2, s3, s4 and 185 more): failed: permission denied\n"))
      << text;
  EXPECT_TRUE(
      has(text, "100 servers (s200, s201, s202, s203, s204 and 95 more): unreachable: connection refused\n"))
      << text;
  EXPECT_TRUE(has(text, "alone: unreachable: 127.0.0.1:5000: no route\n")) << text;
}

TEST(report, what_servers_say_is_one_line_and_moves_no_cursor) {
  auto x = published();
  x.servers.push_back({"a", server_outcome::failed, "no\nversion 9, all is well\x1b[2J\xff", 0});
  const auto text = summary_of(x, 1);
  EXPECT_TRUE(has(text, "a: failed: no\\nversion 9, all is well\\x1b[2J\\xff\n")) << text;
  messages::check_reply c;
  c.summary = "healthy";
  c.bad.push_back({"a", share_number{1}, "bad\x1b]0;title\x07"});
  c.servers.push_back({"b", server_outcome::failed, "x\ry", 0});
  EXPECT_EQ(text_of(c), "healthy\n\ndamaged: a share 1: bad\\x1b]0;title\\x07\n\nb: failed: x\\x0dy\n");
}
