#include "test_support.hpp"
#include "truckee/actors/links/link_standing.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using actors::link_failure;
using actors::link_news;

namespace {

constexpr auto start = actors::link_standing::time_point{} + 1h;
constexpr actors::back_off pauses{200ms, 3s};

grid::store_info server(int number) {
  grid::store_info out;
  out.id.data.fill(static_cast<std::byte>(number));
  return out;
}

actors::link_standing ready() {
  actors::link_standing out(std::nullopt, pauses);
  out.attempt();
  out.introduced(server(1), start);
  return out;
}

} // namespace

TEST(link_standing, tells_once_that_the_server_is_up) {
  actors::link_standing s(std::nullopt, pauses);
  EXPECT_EQ(s.state(), link_state::connecting);
  EXPECT_EQ(s.attempt(), 1);
  const auto news = s.introduced(server(1), start);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->what, link_news::kind::up);
  EXPECT_FALSE(news->reconnected);
  EXPECT_FALSE(news->away_seconds);
  EXPECT_EQ(s.state(), link_state::ready);
  EXPECT_FALSE(s.introduced(server(1), start + 1s));
}

TEST(link_standing, tells_each_reason_once_however_often_it_is_tried) {
  auto s = ready();
  EXPECT_TRUE(s.failed(link_failure::unreachable, "no route", start + 1s));
  s.attempt();
  EXPECT_FALSE(s.failed(link_failure::unreachable, "no route", start + 2s));
  s.attempt();
  EXPECT_TRUE(s.failed(link_failure::unreachable, "refused by the port", start + 3s));
  s.attempt();
  const auto back = s.introduced(server(1), start + 11s);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->reconnected);
  EXPECT_EQ(back->away_seconds, 10.0) << "since it was up, not since the last try";
}

TEST(link_standing, another_id_than_the_pinned_or_the_first_one_is_refused) {
  actors::link_standing pinned(server(1).id, pauses);
  const auto news = pinned.introduced(server(2), start);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->what, link_news::kind::refused);
  EXPECT_EQ(pinned.state(), link_state::refused);
  EXPECT_FALSE(pinned.info()) << "nothing of a stranger is kept";

  auto first = ready();
  first.failed(link_failure::unreachable, "gone", start);
  first.attempt();
  first.introduced(server(2), start);
  EXPECT_EQ(first.state(), link_state::refused);
  EXPECT_EQ(first.info()->id, server(1).id);
  first.attempt();
  first.introduced(server(1), start);
  EXPECT_EQ(first.state(), link_state::ready);
}

TEST(link_standing, a_silent_server_stays_silent_until_it_says_who_it_is) {
  auto s = ready();
  const auto news = s.fell_silent(start + 1s);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->what, link_news::kind::down);
  s.attempt();
  EXPECT_EQ(s.state(), link_state::silent) << "it is asked over the connection it has; nobody waits for it";
  EXPECT_FALSE(s.failed(link_failure::silent, "no answer in time", start + 6s));
  s.attempt();
  const auto back = s.introduced(server(1), start + 9s);
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->reconnected) << "the connection never went";
  EXPECT_EQ(back->away_seconds, 8.0);
}

TEST(link_standing, a_server_that_is_away_is_known_to_be_while_it_is_tried_again) {
  actors::link_standing s(std::nullopt, pauses);
  EXPECT_EQ(s.state(), link_state::connecting) << "whoever asks waits for the first try";
  s.failed(link_failure::unreachable, "no route", start);
  EXPECT_EQ(s.attempt(), 1);
  EXPECT_EQ(s.state(), link_state::unreachable);
  EXPECT_EQ(s.detail(), "no route");
  s.introduced(server(1), start + 1s);
  s.failed(link_failure::refused, "a stranger", start + 2s);
  s.attempt();
  EXPECT_EQ(s.state(), link_state::refused);
}

TEST(link_standing, only_a_ready_server_falls_silent) {
  actors::link_standing s(std::nullopt, pauses);
  EXPECT_FALSE(s.fell_silent(start));
  EXPECT_EQ(s.state(), link_state::connecting);
  s.failed(link_failure::refused, "a stranger", start);
  EXPECT_FALSE(s.fell_silent(start));
  EXPECT_EQ(s.state(), link_state::refused);
}

TEST(link_standing, pauses_double_up_to_their_limit_and_begin_again_after_success) {
  test::seeded_random random(1);
  actors::link_standing s(std::nullopt, pauses);
  auto expected = std::chrono::duration_cast<messages::duration>(200ms);
  for (int i = 0; i < 12; ++i) {
    const auto pause = s.pause(random);
    EXPECT_GE(pause, expected * 3 / 4);
    EXPECT_LE(pause, expected * 5 / 4);
    expected = std::min<messages::duration>(expected * 2, 3s);
  }
  EXPECT_EQ(s.attempt(), 13);
  s.introduced(server(1), start);
  EXPECT_EQ(s.attempt(), 1);
  EXPECT_LE(s.pause(random), 250ms);
}
