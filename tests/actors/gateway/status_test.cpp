#include "actors/server_words.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using grid::share_state;
using namespace truckee::test;

namespace {

messages::status_reply status_of(test_grid& grid) {
  const auto done = grid.run.ask<messages::status_reply>(grid.gateway(), messages::status_request{});
  grid.run.wait_for([&] { return done->done(); }, 10s);
  return **done;
}

messages::operation_detail detail_of(test_grid& grid, std::uint64_t operation) {
  const auto done =
      grid.run.ask<messages::operation_detail>(grid.gateway(), messages::operation_detail_request{operation});
  grid.run.wait_for([&] { return done->done(); }, 10s);
  return **done;
}

std::size_t count(const messages::operation_detail& x, share_state state) {
  return static_cast<std::size_t>(
      std::ranges::count_if(x.publish->shares, [&](const auto& share) { return share.state == state; }));
}

std::vector<std::string> stage_names(const messages::operation_detail& x) {
  std::vector<std::string> out;
  for (const auto& stage : x.stages)
    out.emplace_back(to_word(stage.which));
  return out;
}

} // namespace

TEST(Status, ARunningPublishShowsWhichServerItWaitsFor) {
  test_grid grid;
  grid.services->limits.slow_least = 1min;
  grid.create("one");
  hang_writes(grid, 3);
  const auto put = grid.put("two", 7);
  grid.run.advance(1s);
  const auto status = status_of(grid);
  ASSERT_EQ(status.running.size(), 1U);
  EXPECT_EQ(status.defaults, (grid::spread{3, 10, 7}));
  const auto x = detail_of(grid, status.running[0].operation);
  ASSERT_TRUE(x.found);
  EXPECT_FALSE(x.event.finished);
  EXPECT_EQ(x.event.token.value, 7U);
  EXPECT_GT(x.event.started_ms, 1'600'000'000'000U);
  ASSERT_TRUE(x.publish);
  EXPECT_EQ(x.publish->mode, publish_mode::update);
  EXPECT_EQ(x.publish->version.value, 2U);
  EXPECT_EQ(x.publish->servers.size(), 10U);
  EXPECT_EQ(count(x, share_state::placed), 9U);
  EXPECT_EQ(count(x, share_state::outstanding), 1U);
  const auto waits = std::ranges::find_if(x.publish->messages, [](const auto& m) { return !m.outcome; });
  ASSERT_NE(waits, x.publish->messages.end());
  EXPECT_EQ(x.publish->servers[waits->server], "s3");
  EXPECT_EQ(stage_names(x),
            (std::vector<std::string>{"setup", "map", "encrypt", "encode", "hash", "sign", "pack", "push"}));
  grid.scripts[3]->write = nullptr;
  grid.scripts[3]->release(grid.run);
  ASSERT_TRUE(grid.wait(put));
}

TEST(Status, AFinishedPublishIsKeptAsAPicture) {
  test_grid grid;
  const auto put = grid.put_new("one");
  ASSERT_TRUE(grid.wait(put));
  const auto status = status_of(grid);
  ASSERT_EQ(status.recent.size(), 1U);
  const auto x = detail_of(grid, status.recent[0].operation);
  EXPECT_TRUE(x.event.finished);
  EXPECT_TRUE(x.event.ok);
  EXPECT_EQ(x.event.text, "Finished");
  EXPECT_EQ(x.event.progress, 1.0);
  EXPECT_EQ(x.event.bytes_total, 3U);
  EXPECT_EQ(x.event.slot.size(), 5U) << "shortened: " << x.event.slot;
  ASSERT_TRUE(x.publish);
  EXPECT_EQ(x.publish->mode, publish_mode::new_file);
  EXPECT_EQ(count(x, share_state::placed), 10U);
  EXPECT_EQ(x.publish->happiness, 10U);
  EXPECT_EQ(x.publish->tries, 1U);
  for (const auto& message : x.publish->messages)
    EXPECT_EQ(message.outcome, server_outcome::written);
  EXPECT_TRUE(x.problems.empty());
}

TEST(Status, AServerThatWasNeverReachedHasARowAndAReason) {
  test_grid grid({.servers = 9});
  grid.add_link(actors::remote_endpoint{{"127.0.0.1", 9}, {}, {}});
  const auto put = grid.put_new("one");
  ASSERT_TRUE(grid.wait(put));
  const auto x = detail_of(grid, status_of(grid).recent.at(0).operation);
  ASSERT_TRUE(x.publish);
  ASSERT_EQ(x.publish->servers.size(), 10U);
  EXPECT_EQ(x.publish->servers[9], "s9");
  ASSERT_EQ(x.problems.size(), 1U);
  EXPECT_EQ(x.problems[0].server, "s9");
  EXPECT_EQ(x.problems[0].outcome, server_outcome::unreachable);
}

TEST(Status, EveryEndIsShownAsEndedWithItsKind) {
  test_grid grid;
  grid.create("one");
  hang_all_writes(grid);
  const auto late = grid.put("two", 1, 0, 500);
  const auto waits = grid.put("three", 2);
  grid.run.advance(100ms);
  EXPECT_TRUE(grid.cancel(2));
  ASSERT_TRUE(grid.wait(late));
  messages::publish_request nonsense;
  nonsense.write_cap = "URI:SSK:nonsense";
  const auto refused = grid.run.ask<messages::publish_reply>(grid.gateway(), nonsense);
  ASSERT_TRUE(grid.wait(refused));
  const auto status = status_of(grid);
  EXPECT_TRUE(status.running.empty());
  EXPECT_TRUE(status.waiting.empty());
  std::map<errc, std::string> ended;
  for (const auto& event : status.recent) {
    EXPECT_TRUE(event.finished);
    EXPECT_FALSE(event.ok);
    ended[event.failure] = event.text;
    const auto x = detail_of(grid, event.operation);
    EXPECT_TRUE(x.found);
    if (x.publish) {
      EXPECT_EQ(count(x, share_state::outstanding), 0U) << "it has ended";
      for (const auto& message : x.publish->messages)
        EXPECT_TRUE(message.outcome);
    }
  }
  EXPECT_TRUE(ended[errc::timeout].starts_with("Failed: timeout")) << ended[errc::timeout];
  EXPECT_TRUE(ended[errc::cancelled].starts_with("Cancelled")) << ended[errc::cancelled];
  EXPECT_TRUE(ended[errc::bad_capability].starts_with("Failed: ")) << ended[errc::bad_capability];
  EXPECT_EQ(ended[errc::bad_capability].find("nonsense"), std::string::npos) << "no part of a capability";
}

TEST(Status, HistoryIsBoundedAndNonsenseDoesNotPushTheRestOut) {
  test_grid grid;
  grid.gateway_limits.recent_max = 3;
  grid.gateway_limits.refused_max = 2;
  grid.create("one");
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(grid.wait(grid.get()));
  for (int i = 0; i < 5; ++i) {
    const auto bad =
        grid.run.ask<messages::retrieve_reply>(grid.gateway(), messages::retrieve_request{{}, "x", 0});
    ASSERT_TRUE(grid.wait(bad));
  }
  const auto status = status_of(grid);
  EXPECT_EQ(status.recent.size(), 5U);
  EXPECT_EQ(std::ranges::count_if(status.recent, [](const auto& x) { return x.ok; }), 3);
  EXPECT_FALSE(status.recent.front().ok) << "newest first";
  EXPECT_FALSE(detail_of(grid, 1).found) << "the oldest is forgotten";
}
