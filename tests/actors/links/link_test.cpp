#include "actors/test_grid.hpp"
#include "messages/serialised.hpp"
#include "truckee/actors/links/transport.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using messages::delivery;

namespace {

/// One link to one scripted server.
class Link : public testing::Test {
public:
  ~Link() override {
    run.kill(link);
    run.kill(server);
    script->held.clear();
    run.settle();
  }

  void start(std::optional<server_id> pinned = std::nullopt) {
    server = messages::spawn<test::scripted_server_state>(run.system(), script);
    actors::link_options options;
    options.name = "alpha";
    options.endpoint = server;
    options.pinned = pinned;
    options.limits = limits;
    link = actors::spawn_server_link(run.system(), services, std::move(options));
  }

  test::answer_ptr<messages::introduction> introduce() {
    return run.ask<messages::introduction>(link, messages::introduce{});
  }
  test::answer_ptr<messages::read_answer> read(messages::duration deadline = 5s) {
    return run.ask<messages::read_answer>(link, messages::read_slot{{{}, {}, {{0, 10}}}, deadline});
  }
  test::answer_ptr<messages::write_answer> write(std::size_t size, messages::duration deadline = 5s) {
    grid::read_test_write x;
    x.changes.push_back({share_number{0}, {}, {{0, shared_bytes(bytes(size))}}, std::nullopt});
    return run.ask<messages::write_answer>(
        link, messages::write_slot{std::make_shared<const grid::read_test_write>(std::move(x)), deadline});
  }
  messages::link_report report() {
    const auto done = run.ask<messages::link_report>(link, messages::link_status{});
    run.settle();
    return **done;
  }
  void hang_reads() {
    script->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
  }
  void hang_writes() {
    script->write = [](const auto&) { return std::optional<grid::read_test_write_answer>{}; };
  }
  void hang_hello() {
    script->hello = [] { return std::optional<grid::store_info>{}; };
  }

  test::deterministic run;
  std::shared_ptr<actors::services> services = test::test_services(run);
  test::script_ptr script = test::make_script(1);
  messages::storage_server server;
  messages::server_link link;
  actors::link_limits limits;
};

} // namespace

TEST_F(Link, IntroducesTheServer) {
  start();
  const auto who = introduce();
  run.settle();
  EXPECT_TRUE((*who)->known);
  EXPECT_TRUE((*who)->reachable);
  EXPECT_EQ((*who)->info.id, test::numbered_id(1));
  EXPECT_EQ(report().state, link_state::ready);
}

TEST_F(Link, RefusesAServerWithAnotherIdThanThePinnedOne) {
  start(test::numbered_id(2));
  const auto who = introduce();
  const auto got = read();
  run.settle();
  EXPECT_FALSE((*who)->known);
  EXPECT_NE((*who)->detail.find("not"), std::string::npos) << (*who)->detail;
  EXPECT_EQ((*got)->how, delivery::unreachable);
  EXPECT_EQ(script->reads, 0U) << "nothing may reach the wrong server";
  EXPECT_EQ(report().state, link_state::refused);
  // Put right, it is taken at one of the next tries.
  script->store = test::make_script(2)->store;
  run.advance(1s);
  EXPECT_EQ(report().state, link_state::ready);
}

TEST_F(Link, RefusesAServerWhoseIdChangedAtAReconnect) {
  hang_reads();
  start();
  run.settle();
  script->read = nullptr;
  hang_reads();
  const auto lost = read(100ms);
  hang_hello();
  run.advance(150ms); // silent: it is pinged, and says nothing
  EXPECT_EQ((*lost)->how, delivery::unknown);
  script->store = test::make_script(3)->store;
  script->read = nullptr;
  script->hello = nullptr;
  run.advance(6s); // that ping has timed out
  run.advance(5s); // the next one is answered by another server
  EXPECT_EQ(report().state, link_state::refused) << report().detail;
  const auto got = read();
  run.settle();
  EXPECT_EQ((*got)->how, delivery::unreachable);
  // The old server is back.
  script->store = test::make_script(1)->store;
  run.advance(30s);
  EXPECT_EQ(report().state, link_state::ready) << report().detail;
}

TEST_F(Link, ARequestWaitsForTheConnectionAndThenGoes) {
  hang_hello();
  start();
  const auto got = read();
  run.settle();
  EXPECT_FALSE(got->done());
  EXPECT_EQ(script->reads, 0U);
  script->hello = nullptr;
  script->release(run);
  run.settle();
  EXPECT_EQ((*got)->how, delivery::answered);
}

TEST_F(Link, AnUnansweredIntroductionIsUnreachable) {
  hang_hello();
  start();
  const auto who = introduce();
  const auto got = read(60s);
  run.advance(limits.connect_timeout + 1s);
  ASSERT_TRUE(who->done());
  EXPECT_FALSE((*who)->known);
  EXPECT_FALSE((*who)->detail.empty());
  ASSERT_TRUE(got->done());
  EXPECT_EQ((*got)->how, delivery::unreachable);
}

TEST_F(Link, ARequestThatWaitsTooLongForTheConnectionWasNeverSent) {
  hang_hello();
  start();
  const auto got = read(1s);
  run.advance(1100ms);
  ASSERT_TRUE(got->done());
  EXPECT_EQ((*got)->how, delivery::unreachable);
  EXPECT_EQ(script->reads, 0U);
}

TEST_F(Link, AMissedDeadlineIsUnknownThenTheServerIsSilentUntilItShowsItself) {
  start();
  run.settle();
  hang_reads();
  hang_hello();
  const auto late = read(2s);
  run.advance(1900ms);
  EXPECT_FALSE(late->done());
  run.advance(200ms);
  ASSERT_TRUE(late->done());
  EXPECT_EQ((*late)->how, delivery::unknown);
  EXPECT_TRUE((*late)->timed_out);
  EXPECT_EQ(report().state, link_state::silent);

  const auto next = read();
  run.settle();
  ASSERT_TRUE(next->done()) << "nobody shall wait for it again";
  EXPECT_EQ((*next)->how, delivery::unreachable);

  script->hello = nullptr;
  script->read = nullptr;
  run.advance(limits.connect_timeout + limits.reconnect_max);
  EXPECT_EQ(report().state, link_state::ready);
  const auto good = read();
  run.settle();
  EXPECT_EQ((*good)->how, delivery::answered);
}

TEST_F(Link, WhenTheServerEndsWhatWasSentIsUnknownAtOnce) {
  start();
  run.settle();
  hang_writes();
  const auto pending = write(10);
  run.settle();
  EXPECT_FALSE(pending->done());
  run.kill(server);
  run.settle();
  ASSERT_TRUE(pending->done());
  EXPECT_EQ((*pending)->how, delivery::unknown);
  EXPECT_EQ(report().state, link_state::unreachable);
  EXPECT_EQ(report().bytes_in_flight, 0U);
  const auto next = write(10);
  run.settle();
  EXPECT_EQ((*next)->how, delivery::unreachable);
}

TEST_F(Link, BoundsTheBytesInFlight) {
  limits.bytes_in_flight_max = 100;
  start();
  run.settle();
  hang_writes();
  std::vector<test::answer_ptr<messages::write_answer>> all;
  for (int i = 0; i < 6; ++i)
    all.push_back(write(40));
  run.settle();
  EXPECT_EQ(script->writes.size(), 2U);
  EXPECT_EQ(report().bytes_in_flight, 80U);
  for (std::size_t sent = 2; sent < 6; ++sent) {
    auto one = std::move(script->held.front());
    script->held.erase(script->held.begin());
    run.inside(one);
    EXPECT_EQ(script->writes.size(), sent + 1);
    EXPECT_LE(report().bytes_in_flight, 100U);
  }
  script->release(run);
  run.settle();
  for (const auto& done : all)
    EXPECT_EQ((*done)->how, delivery::answered);
  EXPECT_EQ(report().bytes_in_flight, 0U);
}

TEST_F(Link, OneMessageAboveTheWindowGoesAlone) {
  limits.bytes_in_flight_max = 100;
  start();
  run.settle();
  hang_writes();
  const auto small = write(40);
  const auto large = write(1000);
  const auto after = write(40);
  run.settle();
  EXPECT_EQ(script->writes.size(), 1U);
  script->release(run);
  run.settle();
  EXPECT_EQ(script->writes.size(), 2U) << "the large one, and nothing overtakes";
  script->release(run);
  run.settle();
  script->release(run);
  run.settle();
  EXPECT_TRUE(small->done() && large->done() && after->done());
}

TEST_F(Link, ARequestThatWaitsTooLongForTheWindowWasNeverSent) {
  limits.bytes_in_flight_max = 100;
  start();
  run.settle();
  hang_writes();
  const auto first = write(90, 60s);
  const auto second = write(90, 2s);
  run.advance(2100ms);
  ASSERT_TRUE(second->done());
  EXPECT_EQ((*second)->how, delivery::unreachable);
  EXPECT_TRUE((*second)->timed_out);
  EXPECT_FALSE(first->done());
  EXPECT_EQ(script->writes.size(), 1U);
  EXPECT_EQ(report().state, link_state::ready) << "the server did nothing wrong";
}

TEST_F(Link, EveryRequestIsAnsweredOnceWhateverHappens) {
  limits.bytes_in_flight_max = 100;
  start();
  run.settle();
  hang_writes();
  std::vector<test::answer_ptr<messages::write_answer>> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(write(60, std::chrono::seconds(i + 1)));
  run.advance(1500ms);
  run.kill(server);
  run.advance(20s);
  script->release(run); // answers that come after all
  run.advance(20s);
  for (const auto& done : all)
    EXPECT_EQ(done->times, 1);
}

TEST_F(Link, PiecesOfAShareGoToTheServerAndCountAsBytesInFlight) {
  limits.bytes_in_flight_max = 100;
  start();
  run.settle();
  const auto bring = [&](std::size_t size) {
    auto piece = std::make_shared<grid::stage_piece>();
    piece->piece = {7, shared_bytes(bytes(size))};
    return run.ask<messages::stage_at_answer>(link, messages::stage_at{std::move(piece), 5s});
  };
  script->stage = [](const auto&) { return std::optional<grid::stage_answer>{}; };
  const auto first = bring(80);
  const auto second = bring(80);
  run.settle();
  EXPECT_EQ(script->pieces.size(), 1U) << "one at a time has room";
  EXPECT_EQ(report().bytes_in_flight, 80U);
  script->stage = [](const auto&) {
    return std::optional(grid::stage_answer{grid::storage_status::no_space, 5, "full"});
  };
  script->release(run);
  run.settle();
  ASSERT_TRUE(first->done() && second->done());
  EXPECT_EQ((*first)->how, delivery::answered);
  EXPECT_EQ((*first)->answer.status, grid::storage_status::ok);
  EXPECT_EQ((*second)->answer.status, grid::storage_status::no_space);
  EXPECT_EQ((*second)->answer.bytes_available, 5U);
  EXPECT_EQ(script->pieces.at(1).piece.offset, 7U);
  script->stage = [](const auto&) { return std::optional<grid::stage_answer>{}; };
  const auto lost = bring(10);
  run.advance(6s);
  ASSERT_TRUE(lost->done());
  EXPECT_EQ((*lost)->how, delivery::unknown);
  EXPECT_TRUE((*lost)->timed_out);
}

TEST_F(Link, TriesAgainWithGrowingBoundedPauses) {
  limits.reconnect_min = 200ms;
  limits.reconnect_max = 3s;
  script->hello = [] { return std::optional(test::make_script(9)->store->info()); };
  start(test::numbered_id(1));
  std::vector<double> waited;
  double since = 0;
  std::size_t seen = 0;
  run.settle();
  for (int i = 0; i < 3000; ++i) {
    if (script->hellos > seen) {
      seen = script->hellos;
      waited.push_back(since);
      since = 0;
    }
    run.advance(10ms, 10ms);
    since += 0.01;
  }
  ASSERT_GT(waited.size(), 8U) << "it never gives up";
  EXPECT_LE(waited[1], 0.27);
  EXPECT_GE(waited[1], 0.14);
  EXPECT_GT(waited[4], waited[1]);
  for (const auto pause : waited)
    EXPECT_LE(pause, 3.0 * 1.25 + 0.05);
  EXPECT_GE(waited.back(), 3.0 * 0.75 - 0.05);
  EXPECT_LT(waited.size(), 25U);
}

TEST_F(Link, ARequestHasNoMoreBytesAsAMessageThanAreCounted) {
  for (const std::size_t shares : {0U, 1U, 200U})
    for (const std::size_t parts : {0U, 1U, 300U}) {
      grid::read_test_write x;
      x.reads.resize(parts, {UINT64_MAX, UINT64_MAX});
      for (std::size_t i = 0; i < shares; ++i)
        x.changes.push_back({share_number{static_cast<std::uint8_t>(i)},
                             {parts, {UINT64_MAX, UINT64_MAX, shared_bytes(bytes(130))}},
                             {parts, {UINT64_MAX, shared_bytes(bytes(130))}},
                             UINT64_MAX,
                             staging_id{}});
      const auto wire = test::to_wire(run.system(), x).size();
      const auto counted =
          actors::bytes_as_message(std::make_shared<const grid::read_test_write>(std::move(x)));
      EXPECT_LE(wire + 1024, counted) << "with CAF's own head";
      EXPECT_LE(counted, wire + 4096 + 64 * shares + 32 * parts * (1 + 2 * shares))
          << "and is not refused for nothing";
    }
}

TEST_F(Link, APieceThatIsTooLongForAMessageIsNotSent) {
  const auto piece = std::make_shared<grid::stage_piece>();
  piece->piece = {UINT64_MAX, shared_bytes(bytes(100'000))};
  EXPECT_LE(test::to_wire(run.system(), *piece).size() + 1024, actors::bytes_as_message(piece));
  EXPECT_FALSE(actors::too_long_to_send(piece, 110'000));
  const auto refused = actors::too_long_to_send(piece, 100'000);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->how, delivery::answered);
  EXPECT_EQ(std::get<grid::stage_answer>(refused->answer).status, grid::storage_status::too_large);
}

namespace {

/// A server of another generation, in its hello.
class other_generation_state {
public:
  using handle = messages::storage_server;
  static constexpr const char* name = "truckee.test.other_generation";
  explicit other_generation_state(messages::shell<other_generation_state>*) {}
  messages::behavior<handle> make_behavior() {
    return {
        [](const messages::hello& x) -> caf::result<grid::store_info> {
          return messages::refuse(*messages::mismatch(x, messages::storage_protocol + 1, "store"));
        },
        [](const grid::read_test_write&) { return grid::read_test_write_answer{}; },
        [](const grid::slot_read&) { return grid::slot_read_answer{}; },
        [](const messages::add_lease&) { return messages::lease_answer{}; },
        [](const messages::read_leases&) { return messages::stored_leases{}; },
        [](const messages::share_advice&) { return messages::advice_answer{}; },
        [](const grid::stage_piece&) { return grid::stage_answer{}; },
    };
  }
};

} // namespace

TEST(LinkVersions, AServerOfAnotherProtocolIsRefusedWithBothVersionsNamed) {
  test::test_grid grid({.servers = 0});
  const auto server = messages::spawn<other_generation_state>(grid.run.system());
  grid.add_link(server);
  grid.run.settle();
  const auto report = grid.run.ask<messages::link_report>(grid.links[0], messages::link_status{});
  grid.run.settle();
  EXPECT_EQ((*report)->state, link_state::refused);
  EXPECT_NE((*report)->detail.find("store speaks protocol " + std::to_string(messages::storage_protocol + 1)),
            std::string::npos)
      << (*report)->detail;
  EXPECT_NE((*report)->detail.find("caller protocol " + std::to_string(messages::storage_protocol) + " (" +
                                   messages::software_name() + ")"),
            std::string::npos)
      << (*report)->detail;
  grid.run.kill(server);
}
