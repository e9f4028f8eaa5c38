#include "truckee/cli/terminal/report.hpp"

#include "truckee/cli/terminal/as_json.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

TEST(report, says_of_many_shares_what_another_writer_did_to_them_once) {
  auto x = published();
  for (std::size_t i = 0; i < 250; ++i)
    x.conflicts.push_back({name(i % 50), share_number{static_cast<std::uint8_t>(i)}, "version 4 (root aa)",
                           "version 5 (root bb)"});
  x.conflicts.push_back({"s7", share_number{251}, "version 4 (root aa)", "no share"});
  x.conflicts.push_back({"s8", share_number{252}, "version 3 (root cc)", "version 5 (root bb)"});
  x.conflicts.push_back({"s8", share_number{253}, "version 3 (root cc)", "version 5 (root bb)"});
  const auto text = summary_of(x, 1);
  EXPECT_TRUE(text.ends_with(
      "s7 share 251: expected version 4 (root aa), found no share\n"
      "2 shares on s8: expected version 3 (root cc), found version 5 (root bb)\n"
      "250 shares on 50 servers (s0, s1, s2, s3, s4 and 45 more): expected version 4 (root aa), "
      "found version 5 (root bb)\n"))
      << text;
  messages::check_reply c;
  for (std::size_t i = 0; i < 250; ++i)
    c.bad.push_back({name(i), share_number{static_cast<std::uint8_t>(i)}, "its signature is wrong"});
  EXPECT_TRUE(
      has(text_of(c),
          "\ndamaged: 250 shares on 250 servers (s0, s1, s2, s3, s4 and 245 more): its signature is wrong\n"))
      << text_of(c);
  EXPECT_LT(lines(text_of(c)), 5U);
}

TEST(report, json_has_every_share_of_them) {
  auto x = published();
  for (std::size_t i = 0; i < 250; ++i)
    x.conflicts.push_back({name(i % 50), share_number{static_cast<std::uint8_t>(i)}, "version 4 (root aa)",
                           "version 5 (root bb)"});
  const auto json = as_json(x);
  ASSERT_EQ(json.at("conflicts").size(), 250U);
  EXPECT_EQ(json.at("conflicts").at(249), (nlohmann::json{{"server", "s49"},
                                                          {"share", 249},
                                                          {"expected", "version 4 (root aa)"},
                                                          {"found", "version 5 (root bb)"}}));
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
