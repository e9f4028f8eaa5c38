#include "doors/issue.hpp"
#include "truckee/messages/caf/passages.hpp"
#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/wire_types.hpp"

#include <future>
#include <gtest/gtest.h>
#include <sys/socket.h>

using namespace truckee;
using namespace truckee::messages;
using namespace std::chrono_literals;

namespace {

using greeter = protocol<greeting(hello)>;

/// Answers with what it was told, and its own word.
struct echo_state {
  using handle = greeter;
  static constexpr const char* name = "test.echo";
  echo_state(shell<echo_state>*, std::string word) : word_(std::move(word)) {}
  behavior<handle> make_behavior() {
    return {[this](const hello& x) { return greeting{x.protocol, word_ + x.software}; }};
  }
  std::string word_;
};

/// An actor system and its porter, which ends first.
struct end {
  end() { close_registry(system); }
  system_config config;
  caf::actor_system system{config};
  std::shared_ptr<doors::porter> porter = *make_porter(system);
};

class passages : public testing::Test {
protected:
  passages() : echo_(spawn<echo_state>(there_.system, "well, ")) {}
  ~passages() override { caf::anon_send_exit(echo_, caf::exit_reason::user_shutdown); }

  published_door published(bool tls) {
    doors::door what{.at = {"127.0.0.1", 0}};
    if (tls)
      what.tls = ca_.issue({.name = "alpha", .alternative = "DNS:alpha"});
    const auto got = publish_at(*there_.porter, what, echo_);
    if (!got)
      throw std::runtime_error(to_string(got.error()));
    return *got;
  }

  result<connected_peer> met(const address& at, bool tls) {
    doors::call what{.to = at, .deadline = 10s};
    if (tls) {
      what.tls = ca_.first();
      what.who.names = {"alpha"};
    }
    std::promise<result<doors::passage>> dialled;
    here_.porter->dial(what, [&](result<doors::passage> p) { dialled.set_value(std::move(p)); });
    auto over = dialled.get_future().get();
    if (!over)
      return tl::unexpected(over.error());
    return meet_blocking(here_.system, std::move(*over), 10s);
  }

  std::string asked(const greeter& whom, const std::string& word) {
    std::string out;
    caf::scoped_actor self(here_.system);
    request_blocking(
        self, whom, 20s, hello{1, word}, [&](const greeting& x) { out = x.software; },
        [&](const caf::error& e) { out = describe(e, here_.system); });
    return out;
  }

  test::authority ca_;
  end there_;
  end here_;
  greeter echo_;
};

TEST_F(passages, with_tls_let_two_nodes_talk) {
  const auto peer = met(published(true).at, true);
  ASSERT_TRUE(peer) << to_string(peer.error());
  const auto whom = as_protocol<greeter>(here_.system, *peer);
  ASSERT_TRUE(whom);
  EXPECT_EQ(asked(whom, "hello"), "well, hello");
  EXPECT_EQ(find_route_blocking(here_.system, there_.system.node()).kind, route_kind::tls);
  EXPECT_EQ(find_route_blocking(there_.system, here_.system.node()).kind, route_kind::tls);
}

TEST_F(passages, carry_what_is_larger_than_all_buffers) {
  const auto peer = met(published(true).at, true);
  ASSERT_TRUE(peer) << to_string(peer.error());
  const std::string long_word(std::size_t{8} << 20, 'x');
  EXPECT_EQ(asked(as_protocol<greeter>(here_.system, *peer), long_word), "well, " + long_word);
}

TEST_F(passages, without_tls_are_plain_routes_also_for_who_comes_with_tls_later) {
  ASSERT_TRUE(met(published(false).at, false));
  EXPECT_EQ(find_route_blocking(here_.system, there_.system.node()).kind, route_kind::plain);
  ASSERT_TRUE(met(published(true).at, true));
  EXPECT_EQ(find_route_blocking(here_.system, there_.system.node()).kind, route_kind::plain);
}

TEST_F(passages, that_stand_already_are_looked_at_for_who_is_at_their_end) {
  const auto at = published(true).at;
  ASSERT_TRUE(met(at, true));
  doors::call what{.to = at, .tls = ca_.first(), .who = {{"alpha"}, {}, {}}, .deadline = 10s};
  EXPECT_TRUE(connect_blocking(here_.system, *here_.porter, what));
  const auto found = find_route_blocking(here_.system, there_.system.node());
  ASSERT_TRUE(found.peer);
  EXPECT_EQ(found.peer->names, std::vector<std::string>{"alpha"});
  EXPECT_EQ(why_not_tls(found, what.who), "");
  // The node shows another certificate at another door: CAF goes on with the connection that it has.
  doors::door other{.at = {"127.0.0.1", 0}, .tls = ca_.issue({.name = "beta", .alternative = "DNS:beta"})};
  const auto beta = publish_at(*there_.porter, other, echo_);
  ASSERT_TRUE(beta) << to_string(beta.error());
  what.to = beta->at;
  what.who.names = {"beta"};
  const auto late = connect_blocking(here_.system, *here_.porter, what);
  ASSERT_FALSE(late) << "the certificate is right, and what is said would go to alpha's connection";
  EXPECT_EQ(late.error().code, errc::refused);
  EXPECT_NE(late.error().detail.find("stood already"), std::string::npos) << late.error().detail;
}

TEST_F(passages, that_end_are_noticed) {
  const auto peer = met(published(true).at, true);
  ASSERT_TRUE(peer);
  there_.porter.reset();
  for (int i = 0; i < 200 && find_route_blocking(here_.system, there_.system.node()).kind != route_kind::none;
       ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_EQ(find_route_blocking(here_.system, there_.system.node()).kind, route_kind::none);
}

TEST_F(passages, that_stop_in_the_middle_of_a_greeting_are_given_up) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  const descriptor other(ends[1]);
  const auto late = meet_blocking(
      here_.system, {.inside = descriptor(ends[0]), .tls = false, .peer = {}, .remote = "127.0.0.1:9"},
      300ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::timeout);
  // CAF 0.17 dialled, so it says nothing before the other end has; CAF 1.1 greets at once.
  char heard[4096];
  ssize_t got = -1;
  for (int i = 0; i < 200 && (got = ::recv(other.get(), heard, sizeof(heard), 0)) != 0; ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_EQ(got, 0) << "the connection was closed";
}

TEST_F(passages, to_an_actor_that_was_taken_away_are_not_made) {
  const auto door = published(true);
  unpublish_at(there_.system, *there_.porter, door, echo_.address());
  const auto late = met(door.at, true);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::unreachable);
  // And the port is there for the next.
  doors::door again{.at = door.at, .tls = ca_.first()};
  EXPECT_TRUE(publish_at(*there_.porter, again, echo_));
}

} // namespace
