#include "truckee/cli/terminal/status_table.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>

using namespace truckee;
using namespace truckee::cli;

namespace {

messages::status_reply busy() {
  messages::status_reply x;
  messages::progress_event one;
  one.operation = 12;
  one.kind = operation_kind::publish;
  one.slot = "abcde";
  one.text = "Sending shares: 7 placed of 10, 3 outstanding";
  one.progress = 0.76;
  one.goal = 10;
  one.placed = 7;
  one.bytes_total = 3 << 20;
  one.seconds = 4.2;
  x.running.push_back(one);
  one.operation = 13;
  one.text = "Waiting";
  x.waiting.push_back(one);
  for (int i = 0; i < 50; ++i)
    x.recent.push_back(one);
  x.servers.push_back({"alpha", "id", "caf 127.0.0.1:1", link_state::ready, "", 0.0012, 1 << 20});
  x.servers.push_back(
      {"beta", "", "caf 127.0.0.1:2", link_state::unreachable, "no\033[2J\nroute \xe2\x80\xae", 0, 0});
  x.keys_ready = 4;
  return x;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

} // namespace

TEST(status_table, says_what_runs_and_how_servers_are) {
  const auto all = lines(render_status(busy(), {.width = 120}));
  EXPECT_EQ(all.at(0), "1 running, 1 waiting; 1 of 2 servers ready; 1.0 MiB in flight; 4 keys ready");
  EXPECT_EQ(all.at(3), "ID  KIND     FILE   DONE  SHARES  SIZE     TIME  DOING");
  EXPECT_EQ(all.at(4),
            "12  publish  abcde  76 %  7/10    3.0 MiB  0:05  Sending shares: 7 placed of 10, 3 outstanding");
  EXPECT_NE(std::find(all.begin(), all.end(), "alpha   ready        1.2 ms   1.0 MiB    caf 127.0.0.1:1"),
            all.end());
}

TEST(status_table, no_line_is_wider_than_the_terminal) {
  for (std::size_t width = 1; width < 130; ++width)
    for (const auto& line : lines(render_status(busy(), {.width = width})))
      EXPECT_LE(line.size(), width) << line;
}

TEST(status_table, what_a_peer_says_moves_no_cursor) {
  const auto text = render_status(busy(), {.width = 200, .color = false});
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\n' || (c >= ' ' && c <= '~');
  })) << text;
  EXPECT_EQ(lines(text).size(), 1 + 4 + 4 + 5 + 53);
}

TEST(status_table, keeps_to_the_rows_there_are_and_says_so) {
  const auto all = lines(render_status(busy(), {.width = 80}, 20));
  ASSERT_EQ(all.size(), 20);
  EXPECT_EQ(all.back(), "... more lines than the terminal has");
}

TEST(status_table, an_idle_gateway_has_no_empty_tables) {
  messages::status_reply idle;
  EXPECT_EQ(render_status(idle, {.width = 100}),
            "0 running, 0 waiting; 0 of 0 servers ready; 0 B in flight; 0 keys ready\n");
}

namespace {

messages::operation_detail a_publish() {
  messages::operation_detail x;
  x.found = true;
  x.event = busy().running.at(0);
  x.stages = {{stage::setup, 0.0011}, {stage::map, 0.02}, {stage::push, 1.5}};
  messages::publish_detail p;
  p.mode = publish_mode::update;
  p.version.value = 7;
  p.spread = {3, 10, 7};
  p.servers = {"alpha", "beta", "gamma"};
  p.shares = {{0, {0}, grid::share_state::placed},
              {0, {7}, grid::share_state::placed},
              {1, {3}, grid::share_state::outstanding},
              {0, {3}, grid::share_state::stale}};
  p.messages = {{0, 2, server_outcome::unknown, "", 0.1, 0.5},
                {0, 2, server_outcome::written, "", 0.7, 0.0121},
                {1, 1, {}, "", 0.1, 4.1}};
  x.publish = p;
  x.problems = {{"gamma", server_outcome::unreachable, "connection \033[31mrefused", 0}};
  return x;
}

} // namespace

TEST(operation_table, says_what_each_server_has_and_was_sent) {
  const auto all = lines(render_operation(a_publish(), {.width = 120}));
  EXPECT_EQ(all.at(0), "publish 12 of file abcde, update to version 7, 3-of-10, happy 7: 76 %, 0:05");
  EXPECT_EQ(all.at(1), "Sending shares: 7 placed of 10, 3 outstanding");
  EXPECT_EQ(all.at(2), "Stages (ms): setup 1.1, map 20.0, push 1500.0");
  EXPECT_EQ(all.at(5), "SERVER  SHARES               MESSAGES  LAST     TIME       DETAIL");
  EXPECT_EQ(all.at(6), "alpha   placed 0 7; stale 3  2         written  12.1 ms");
  EXPECT_EQ(all.at(7), "beta    outstanding 3        1         waiting  4100.0 ms");
  EXPECT_EQ(all.at(8), "gamma");
  EXPECT_EQ(all.back(), "gamma   unreachable  connection ?[31mrefused");
}

TEST(operation_table, says_how_it_ended) {
  auto x = a_publish();
  x.event.finished = true;
  x.event.ok = false;
  x.event.text = "Failed: not enough servers";
  x.publish.reset();
  const auto all = lines(render_operation(x, {.width = 120}));
  EXPECT_EQ(all.at(0), "publish 12 of file abcde: failed after 0:05");
  EXPECT_EQ(all.at(1), "Failed: not enough servers");
}

TEST(operation_table, fits_any_terminal) {
  for (std::size_t width = 1; width < 130; ++width)
    for (const auto& line : lines(render_operation(a_publish(), {.width = width})))
      EXPECT_LE(line.size(), width) << line;
  EXPECT_EQ(lines(render_operation(a_publish(), {.width = 80}, 5)).size(), 5);
}
