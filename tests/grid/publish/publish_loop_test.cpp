#include "grid/model_grid.hpp"
#include "truckee/grid/happiness.hpp"

#include <gtest/gtest.h>
#include <limits>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

const auto v1 = version(1);
const auto v2 = version(2);

std::size_t messages_to(const model_grid& g, std::size_t number) {
  return static_cast<std::size_t>(std::ranges::count_if(
      g.sent, [&](const publish_message& m) { return m.server == g.order.at(number); }));
}

} // namespace

// -- what is refused before anything is sent --

TEST(publish_start, a_map_of_another_mode_is_refused) {
  model_grid g(10);
  g.fill(v1);
  for (const auto mode : {map_mode::anything, map_mode::read}) {
    const auto loop = publish_loop::start(g.request(v2, g.map({}, mode)));
    ASSERT_FALSE(loop) << to_string(mode);
    EXPECT_EQ(loop.error().code, errc::usage);
  }
  for (const auto mode : {map_mode::write, map_mode::check, map_mode::repair})
    EXPECT_TRUE(publish_loop::start(g.request(v2, g.map({}, mode)))) << to_string(mode);
}

TEST(publish_start, k_n_and_happy_out_of_range_are_refused) {
  model_grid g(10);
  const auto refused = [&](std::uint8_t k, std::uint8_t n, std::uint8_t happy) {
    return !publish_loop::start(g.request(version(1, 1, k, n), {}, happy));
  };
  EXPECT_TRUE(refused(0, 10, 1));
  EXPECT_TRUE(refused(4, 3, 1));
  EXPECT_TRUE(refused(3, 10, 0));
  EXPECT_TRUE(refused(3, 10, 11));
  EXPECT_FALSE(refused(1, 1, 1));
  EXPECT_FALSE(refused(10, 10, 10));
}

TEST(publish_start, a_sequence_number_in_use_is_refused) {
  model_grid g(10);
  g.fill(v2);
  EXPECT_FALSE(publish_loop::start(g.request(version(2, 9), g.map())));
  auto request = g.request(version(3, 9), g.map());
  request.earlier = {version(3, 8)}; // one of ours may still land
  EXPECT_FALSE(publish_loop::start(request));
  request.version.sequence.value = 4;
  EXPECT_TRUE(publish_loop::start(request));
}

TEST(publish_start, nothing_comes_after_the_last_sequence_number) {
  model_grid g(10);
  const auto last = version(std::numeric_limits<std::uint64_t>::max());
  g.fill(last);
  auto request = g.request(version(1, 9), g.map());
  request.version.sequence.value = last.sequence.value + 1; // as a writer counts on: 0
  const auto loop = publish_loop::start(request);
  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().code, errc::refused);
  EXPECT_NE(loop.error().detail.find("last sequence number"), std::string::npos) << loop.error().detail;
}

TEST(publish_start, no_server_is_not_enough_servers) {
  model_grid g(0);
  const auto loop = publish_loop::start(g.request(v1, {}));
  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().code, errc::not_enough_servers);
}

TEST(publish_start, happiness_out_of_reach_sends_nothing) {
  model_grid g(3);
  const auto report = g.publish(g.request(v1, {}, 7));
  EXPECT_EQ(report.end, publish_end::not_enough_servers);
  EXPECT_TRUE(g.sent.empty());
}

// -- goal and placement --

TEST(publish_goal, a_new_file_puts_one_share_on_each_server) {
  model_grid g(10);
  const auto report = g.publish(g.request(v1, {}));
  ASSERT_TRUE(report.ok());
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(g.at(i, i), v1);
  EXPECT_EQ(report.happiness, 10U);
  EXPECT_EQ(report.servers, 10U);
  EXPECT_EQ(g.sent.size(), 10U);
}

TEST(publish_goal, known_shares_are_updated_in_place_whatever_their_version) {
  model_grid g(12);
  g.fill(v2);
  g.put(11, 0, v1); // an older copy elsewhere
  const auto report = g.publish(g.request(version(3), g.map()));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(g.at(11, 0), version(3));
  EXPECT_EQ(g.at(0, 0), version(3));
  EXPECT_TRUE(g.slots.at(g.order[10]).shares.empty());
  EXPECT_TRUE(report.stale.empty());
}

TEST(publish_goal, bad_shares_are_replaced_with_a_test_on_the_bytes_seen) {
  model_grid g(10);
  g.fill(v1);
  g.slots.at(g.order[4]).shares[share(4)] = to_bytes(as_bytes("\x07 no share at all"));
  const auto report = g.publish(g.request(v2, g.map()));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(g.at(4, 4), v2);
}

TEST(publish_goal, a_bad_share_that_changed_meanwhile_is_not_overwritten_blindly) {
  model_grid g(10);
  g.fill(v1);
  g.slots.at(g.order[4]).shares[share(4)] = to_bytes(as_bytes("\x07 no share at all"));
  auto request = g.request(v2, g.map());
  g.put(4, 4, version(2, 9)); // another writer replaced it
  const auto report = g.publish(request);
  EXPECT_EQ(report.end, publish_end::uncoordinated_write);
  EXPECT_EQ(g.at(4, 4), version(2, 9));
}

TEST(publish_goal, fewer_servers_than_shares_wrap_around) {
  model_grid g(4);
  const auto report = g.publish(g.request(v1, {}, 4));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.placed.size(), 10U);
  EXPECT_EQ(report.happiness, 4U);
  EXPECT_EQ(g.slots.at(g.order[0]).shares.size(), 3U);
  EXPECT_EQ(g.slots.at(g.order[3]).shares.size(), 2U);
}

TEST(publish_goal, one_message_per_server_carries_all_its_shares) {
  model_grid g(4);
  g.publish(g.request(v1, {}, 4));
  EXPECT_EQ(g.sent.size(), 4U);
}

TEST(publish_goal, one_server_takes_all_shares) {
  model_grid g(1);
  const auto report = g.publish(g.request(v1, {}, 1));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(g.slots.at(g.order[0]).shares.size(), 10U);
  EXPECT_EQ(report.happiness, 1U);
}

TEST(publish_goal, n_255_and_k_equal_to_n_work) {
  model_grid g(20);
  const auto v = version(1, 1, 255, 255);
  const auto report = g.publish(g.request(v, {}, 20));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.distinct_shares, 255U);
  EXPECT_EQ(g.sent.size(), 20U);
}

TEST(publish_goal, shares_that_sit_on_too_few_servers_are_spread_until_happy) {
  model_grid g(10);
  for (std::size_t i = 0; i < 10; ++i)
    g.put(0, i, v1);
  const auto report = g.publish(g.request(v2, g.map(), 7));
  ASSERT_TRUE(report.ok());
  EXPECT_GE(report.happiness, 7U);
}

// -- encoding change --

TEST(publish_encoding, a_smaller_n_deletes_the_shares_it_does_not_have_after_success) {
  model_grid g(10);
  g.fill(v1);
  const auto v = version(2, 1, 2, 4);
  const auto report = g.publish(g.request(v, g.map(), 4));
  ASSERT_TRUE(report.ok());
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(g.at(i, i), i < 4 ? std::optional(v) : std::nullopt) << i;
  EXPECT_TRUE(report.stale.empty());
}

TEST(publish_encoding, a_smaller_n_deletes_nothing_when_the_publish_fails) {
  model_grid g(10);
  g.fill(v1);
  auto request = g.request(version(2, 1, 2, 4), g.map(), 4);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[0])
      return std::nullopt;
    return outcome(write_outcome_kind::no_space);
  };
  EXPECT_EQ(g.publish(request).end, publish_end::not_enough_servers);
  EXPECT_EQ(g.at(9, 9), v1);
}

TEST(publish_encoding, a_larger_n_adds_shares) {
  model_grid g(15);
  g.fill(v1);
  const auto v = version(2, 1, 4, 13);
  const auto report = g.publish(g.request(v, g.map(), 10));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.distinct_shares, 13U);
  EXPECT_EQ(report.happiness, 13U);
}

// -- outcomes --

TEST(publish_outcome, a_server_that_is_full_loses_its_share_to_another_and_is_no_surprise) {
  for (const auto kind :
       {write_outcome_kind::no_space, write_outcome_kind::read_only, write_outcome_kind::refused,
        write_outcome_kind::unreachable, write_outcome_kind::bad_write_enabler}) {
    model_grid g(11);
    g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
      if (m.server == g.order[3])
        return outcome(kind);
      return std::nullopt;
    };
    const auto report = g.publish(g.request(v1, {}));
    ASSERT_TRUE(report.ok()) << to_string(kind);
    EXPECT_EQ(g.at(10, 3), v1) << to_string(kind);
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_EQ(report.problems[0].kind, kind);
    EXPECT_TRUE(report.unknown_servers.empty());
    EXPECT_EQ(messages_to(g, 3), 1U);
  }
}

TEST(publish_outcome, an_old_share_on_a_full_server_is_reported_as_stale) {
  model_grid g(11);
  g.fill(v1);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[3])
      return outcome(write_outcome_kind::no_space);
    return std::nullopt;
  };
  const auto report = g.publish(g.request(v2, g.map()));
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report.stale.size(), 1U);
  EXPECT_EQ(report.stale.begin()->first, (share_place{g.order[3], share(3)}));
  EXPECT_EQ(report.distinct_shares, 10U);
}

TEST(publish_outcome, a_bad_write_enabler_names_the_node_that_recorded_it) {
  model_grid g(10);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server != g.order[0])
      return std::nullopt;
    auto o = outcome(write_outcome_kind::bad_write_enabler);
    o.recorded_node = server(77);
    return o;
  };
  const auto report = g.publish(g.request(v1, {}));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.problems.at(0).recorded_node, server(77));
}

TEST(publish_outcome, all_servers_failing_is_not_enough_servers_with_the_first_error) {
  model_grid g(10);
  g.before = [&](const publish_message&) { return outcome(write_outcome_kind::no_space, "0 bytes left"); };
  const auto report = g.publish(g.request(v1, {}));
  EXPECT_EQ(report.end, publish_end::not_enough_servers);
  EXPECT_EQ(report.failure()->code, errc::not_enough_servers);
  EXPECT_NE(report.failure()->detail.find("0 bytes left"), std::string::npos);
}

TEST(publish_outcome, success_needs_happiness) {
  model_grid g(10);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server >= g.order[6]) // six servers work
      return outcome(write_outcome_kind::refused);
    return std::nullopt;
  };
  const auto report = g.publish(g.request(v1, {}, 7));
  EXPECT_EQ(report.end, publish_end::not_enough_servers);
  EXPECT_EQ(report.happiness, 6U);
  EXPECT_TRUE(report.recoverable);
  EXPECT_EQ(report.placed.size(), 10U); // what was placed stays and is named
}

TEST(publish_outcome, happiness_without_k_shares_is_no_success) {
  model_grid g(2);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[1] || g.sent.size() > 1)
      return outcome(write_outcome_kind::refused);
    return std::nullopt;
  };
  const auto v = version(1, 1, 3, 3);
  const auto report = g.publish(g.request(v, {}, 1));
  EXPECT_EQ(report.distinct_shares, 2U);
  EXPECT_EQ(report.end, publish_end::not_enough_servers);
}

TEST(publish_outcome, a_malformed_answer_is_a_protocol_error_and_may_have_landed) {
  model_grid g(11);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server != g.order[2])
      return std::nullopt;
    g.deliver(m, v1);
    return outcome(write_outcome_kind::malformed);
  };
  const auto report = g.publish(g.request(v1, {}));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.problems.at(0).kind, write_outcome_kind::malformed);
  EXPECT_TRUE(report.placed.contains({g.order[2], share(2)})); // the re-read saw it
  EXPECT_EQ(messages_to(g, 2), 1U);
}

// -- unknown --

TEST(publish_unknown, a_timeout_is_re_homed_at_once_and_re_read_before_the_end) {
  model_grid g(11);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server != g.order[5])
      return std::nullopt;
    g.deliver(m, v1); // it did land
    return outcome(write_outcome_kind::unknown);
  };
  const auto report = g.publish(g.request(v1, {}));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(g.at(10, 5), v1);
  ASSERT_EQ(g.reread.size(), 1U);
  EXPECT_EQ(g.reread[0].server, g.order[5]);
  EXPECT_TRUE(report.placed.contains({g.order[5], share(5)}));
  EXPECT_TRUE(report.unknown_servers.empty());
  EXPECT_EQ(report.own_copies, 1U);
}

TEST(publish_unknown, a_server_that_stays_silent_is_reported_as_unknown) {
  model_grid g(11);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[5])
      return outcome(write_outcome_kind::unknown);
    return std::nullopt;
  };
  g.before_reread = [&](const reread_message&) { return reread_outcome{}; };
  const auto report = g.publish(g.request(v1, {}));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.unknown_servers, std::set{g.order[5]});
  EXPECT_FALSE(report.placed.contains({g.order[5], share(5)}));
}

TEST(publish_unknown, an_old_share_on_a_server_that_lost_the_message_is_written_again) {
  model_grid g(10);
  g.fill(v1);
  int lost = 0;
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[5] && lost++ == 0)
      return outcome(write_outcome_kind::unknown);
    return std::nullopt;
  };
  const auto report = g.publish(g.request(v2, g.map()));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(g.at(5, 5), v2);
  EXPECT_TRUE(report.stale.empty());
  EXPECT_TRUE(report.unknown_servers.empty());
}

TEST(publish_unknown, the_only_server_losing_a_message_costs_time_not_success) {
  model_grid g(1);
  int lost = 0;
  g.before = [&](const publish_message&) -> std::optional<write_outcome> {
    if (lost++ == 0)
      return outcome(write_outcome_kind::unknown);
    return std::nullopt;
  };
  EXPECT_TRUE(g.publish(g.request(v1, {}, 1)).ok());
}

TEST(publish_unknown, a_server_that_always_loses_is_given_up) {
  model_grid g(1);
  g.before = [&](const publish_message&) { return outcome(write_outcome_kind::unknown); };
  const auto report = g.publish(g.request(v1, {}, 1));
  EXPECT_EQ(report.end, publish_end::not_enough_servers);
  EXPECT_LE(g.sent.size(), 1 + grid_limits{}.resends_per_server_max);
}

TEST(publish_unknown, a_late_copy_landing_between_re_read_and_resend_is_our_own) {
  model_grid g(10);
  g.fill(v1);
  std::optional<publish_message> late;
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server != g.order[5])
      return std::nullopt;
    if (!late) {
      late = m;
      return outcome(write_outcome_kind::unknown);
    }
    g.deliver(*late, v2);
    return std::nullopt; // now its test fails: ours is there
  };
  const auto report = g.publish(g.request(v2, g.map()));
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_TRUE(report.placed.contains({g.order[5], share(5)}));
  EXPECT_EQ(report.own_copies, 1U);
}

TEST(publish_unknown, duplicate_delivery_is_our_own_earlier_copy) {
  model_grid g(10);
  g.fill(v1);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    g.deliver(m, v2);        // the first copy, its answer lost
    return g.deliver(m, v2); // the second one's answer: test failed
  };
  const auto report = g.publish(g.request(v2, g.map()));
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(report.placed.size(), 10U);
  EXPECT_EQ(report.own_copies, 10U);
  EXPECT_EQ(report.stale_met + report.converged, 0U);
}

TEST(publish_unknown, a_share_of_ours_where_we_sent_none_is_counted_as_converged) {
  model_grid g(10);
  g.fill(v1);
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[3])
      g.put(3, 7, v2);
    return std::nullopt;
  };
  const auto report = g.publish(g.request(v2, g.map()));
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_TRUE(report.placed.contains({g.order[3], share(7)}));
  EXPECT_EQ(report.converged, 1U);
  EXPECT_EQ(report.own_copies, 0U);
}

TEST(publish_unknown, an_outcome_that_comes_twice_or_for_nothing_is_ignored) {
  model_grid g(3);
  auto loop = *publish_loop::start(g.request(version(1, 1, 1, 3), {}, 3));
  const auto actions = loop.step();
  loop.on_write(99, outcome(write_outcome_kind::written));
  EXPECT_TRUE(loop.tables().placed().empty());
  for (const auto& m : actions.writes) {
    loop.on_write(m.id, outcome(write_outcome_kind::written));
    loop.on_write(m.id, outcome(write_outcome_kind::unknown));
  }
  loop.step();
  EXPECT_EQ(loop.end(), publish_end::published);
}

TEST(publish_placed, is_recorded_from_answers_only) {
  model_grid g(3);
  auto loop = *publish_loop::start(g.request(version(1, 1, 1, 3), {}, 3));
  const auto actions = loop.step();
  EXPECT_TRUE(loop.tables().placed().empty());
  EXPECT_EQ(loop.tables().outstanding().size(), 3U);
  loop.on_write(actions.writes[0].id, outcome(write_outcome_kind::written));
  EXPECT_EQ(loop.tables().placed().size(), 1U);
  EXPECT_TRUE(loop.step().writes.empty()); // waits
  EXPECT_FALSE(loop.finished());
}

// -- stale --

TEST(publish_stale, an_older_share_on_a_server_that_was_away_is_replaced) {
  model_grid g(11);
  g.fill(v1);
  for (std::size_t i = 1; i < 10; ++i)
    g.put(i, i, v2);
  g.put(10, 0, v2); // server 0 was away during version 2, and is away while we map
  const auto report = g.publish(g.request(version(3), g.map({g.order[0]})));
  ASSERT_TRUE(report.ok());
  // Nothing had to go to server 0, so nothing was learned of it.
  EXPECT_EQ(g.at(0, 0), v1);

  // Now a share is homeless and server 0, back again, is the first choice.
  g.slots.at(g.order[9]).shares.clear();
  const auto next = g.publish(g.request(version(4), g.map({g.order[0]})));
  ASSERT_TRUE(next.ok()) << next.failure()->detail;
  EXPECT_EQ(g.at(0, 0), version(4));
  EXPECT_EQ(g.at(0, 9), version(4));
  EXPECT_TRUE(next.stale.empty());
}

TEST(publish_stale, a_homeless_share_that_meets_an_older_one_of_its_number_replaces_it_with_a_test) {
  model_grid g(10);
  g.fill(v2);
  g.put(3, 3, v1);
  auto request = g.request(version(3), g.map({g.order[3]}));
  const auto report = g.publish(request);
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(g.at(3, 3), version(3));
  EXPECT_EQ(messages_to(g, 3), 2U);
}

TEST(publish_stale, the_version_we_build_on_landing_late_elsewhere_is_not_a_conflict) {
  model_grid g(11);
  g.fill(v2);
  g.put(4, 4, v1);
  auto request = g.request(version(3), g.map());
  g.put(4, 4, v2); // a write of the earlier publish lands now
  g.put(10, 4, v2);
  const auto report = g.publish(request);
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(g.at(4, 4), version(3));
}

TEST(publish_stale, an_earlier_version_of_this_writer_landing_late_is_not_a_conflict) {
  model_grid g(10);
  g.fill(v1);
  auto request = g.request(version(3), g.map());
  request.earlier = {v2};
  g.put(4, 4, v2);
  const auto report = g.publish(request);
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(g.at(4, 4), version(3));
}

TEST(publish_stale, a_server_that_went_back_in_time_is_not_a_conflict) {
  model_grid g(10);
  g.fill(v1);
  for (std::size_t i = 0; i < 2; ++i)
    g.put(i, i, version(5)); // newer, not recoverable
  auto request = g.request(version(6), g.map());
  g.put(0, 0, version(4, 9)); // its disk lost the newer one
  const auto report = g.publish(request);
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(g.at(0, 0), version(6));
}

TEST(publish_stale, a_damaged_share_found_on_the_way_is_replaced) {
  model_grid g(10);
  g.fill(v1);
  auto request = g.request(v2, g.map());
  g.slots.at(g.order[6]).shares[share(6)] = to_bytes(as_bytes("\x09 rotten"));
  const auto report = g.publish(request);
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(g.at(6, 6), v2);
}

TEST(publish_stale, a_share_that_vanished_is_written_anew) {
  model_grid g(10);
  g.fill(v1);
  auto request = g.request(v2, g.map());
  g.slots.at(g.order[6]).shares.clear();
  const auto report = g.publish(request);
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(g.at(6, 6), v2);
}

TEST(publish_stale, a_placed_share_that_its_server_lost_is_placed_again) {
  model_grid g(2);
  const auto v = version(1, 1, 1, 3);
  // Server 1 takes its share, then refuses; server 0 has lost its first share when the second message comes.
  int to_zero = 0;
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[1])
      return outcome(write_outcome_kind::refused);
    if (++to_zero == 2)
      g.slots.at(g.order[0]).shares.erase(share(0));
    return std::nullopt;
  };
  const auto report = g.publish(g.request(v, {}, 1));
  ASSERT_TRUE(report.ok());
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(g.at(0, i), v) << i;
}

TEST(publish_stale, a_server_that_always_shows_another_old_share_is_left_alone) {
  model_grid g(11);
  g.fill(version(5));
  std::uint8_t root = 0;
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server != g.order[2])
      return std::nullopt;
    g.put(2, 2, version(3, ++root));
    return std::nullopt;
  };
  const auto report = g.publish(g.request(version(6), g.map()));
  ASSERT_TRUE(report.ok());
  EXPECT_LE(messages_to(g, 2), 1 + grid_limits{}.stale_rounds_per_server_max);
  EXPECT_EQ(report.problems.size(), 1U);
}

// -- surprises --

TEST(publish_surprise, the_same_sequence_number_of_another_writer_is_uncoordinated) {
  model_grid g(10);
  g.fill(v1);
  auto request = g.request(version(2, 1), g.map());
  g.put(7, 7, version(2, 9));
  const auto report = g.publish(request);
  EXPECT_EQ(report.end, publish_end::uncoordinated_write);
  ASSERT_EQ(report.surprises.size(), 1U);
  EXPECT_EQ(report.surprises[0].place, (share_place{g.order[7], share(7)}));
  EXPECT_EQ(std::get<file_version>(report.surprises[0].expected), v1);
  EXPECT_EQ(std::get<file_version>(report.surprises[0].found), version(2, 9));
  EXPECT_TRUE(report.recoverable);
  EXPECT_FALSE(report.best_seen);
  EXPECT_EQ(report.failure()->code, errc::uncoordinated_write);
  EXPECT_NE(report.failure()->detail.find("server " + publish_report::short_id(g.order[7])),
            std::string::npos);
  EXPECT_NE(report.failure([](const server_id&) { return "clara"; })->detail.find("server clara"),
            std::string::npos);
  EXPECT_TRUE(report.stale.empty()) << "the other writer's share is no older share left behind";
  EXPECT_EQ(g.at(7, 7), version(2, 9)); // never overwritten
}

TEST(publish_surprise, a_share_of_another_writer_beside_ours_is_uncoordinated_although_we_wrote) {
  model_grid g(10);
  g.fill(v1);
  auto request = g.request(version(2, 1), g.map());
  g.put(7, 2, version(2, 9)); // another number on a server we write to
  const auto report = g.publish(request);
  EXPECT_EQ(report.end, publish_end::uncoordinated_write);
}

TEST(publish_surprise, nothing_new_is_sent_and_what_is_under_way_is_waited_for) {
  model_grid g(12);
  g.fill(v1);
  auto request = g.request(version(2, 1), g.map());
  g.put(0, 0, version(2, 9));
  auto loop = *publish_loop::start(request);
  const auto actions = loop.step();
  loop.on_write(actions.writes[0].id, g.deliver(actions.writes[0], version(2, 1)));
  loop.on_write(actions.writes[1].id, outcome(write_outcome_kind::no_space));
  auto more = loop.step();
  EXPECT_TRUE(more.writes.empty());
  EXPECT_FALSE(more.finished);
  for (std::size_t i = 2; i < actions.writes.size(); ++i)
    loop.on_write(actions.writes[i].id, g.deliver(actions.writes[i], version(2, 1)));
  more = loop.step();
  EXPECT_TRUE(more.finished);
  EXPECT_EQ(loop.end(), publish_end::uncoordinated_write);
  EXPECT_EQ(loop.report().placed.size(), 8U);
}

TEST(publish_surprise, a_newer_version_of_another_writer_on_a_second_message_is_uncoordinated) {
  model_grid g(10);
  int to_zero = 0;
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[9])
      return outcome(write_outcome_kind::no_space);
    if (m.server == g.order[0] && ++to_zero == 2)
      g.put(0, 0, version(2, 9)); // built on ours, over ours
    return std::nullopt;
  };
  EXPECT_EQ(g.publish(g.request(v1, {})).end, publish_end::uncoordinated_write);
}

TEST(publish_surprise, a_known_unrecoverable_version_that_grows_under_our_eyes_is_another_writer) {
  model_grid g(10);
  g.fill(v1);
  g.put(0, 0, version(2, 9));
  auto request = g.request(version(3), g.map()); // built on version 1, above the 2 it cannot read
  g.put(1, 1, version(2, 9));
  EXPECT_EQ(g.publish(request).end, publish_end::uncoordinated_write);
}

// -- hidden --

TEST(publish_hidden, a_same_numbered_version_on_a_server_that_was_away_is_neither_success_nor_accusation) {
  model_grid g(10);
  g.fill(v1);
  g.put(3, 3, version(2, 9)); // a crashed writer's leftover
  const auto report = g.publish(g.request(version(2, 1), g.map({g.order[3]})));
  EXPECT_EQ(report.end, publish_end::map_outdated);
  ASSERT_EQ(report.hidden.size(), 1U);
  EXPECT_TRUE(report.surprises.empty());
  EXPECT_EQ(g.at(3, 3), version(2, 9));
}

TEST(publish_hidden, a_leftover_below_our_number_is_replaced) {
  model_grid g(10);
  g.fill(v1);
  g.put(3, 3, version(2, 9));
  g.put(0, 0, version(3, 9)); // makes us number 4
  const auto report = g.publish(g.request(version(4), g.map({g.order[3]})));
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(g.at(3, 3), version(4));
}

TEST(publish_hidden, a_version_that_becomes_readable_by_what_we_find_must_be_looked_at) {
  model_grid g(10);
  g.fill(v1);
  g.put(0, 0, version(2, 9));
  g.put(1, 1, version(2, 9));
  g.put(3, 3, version(2, 9)); // the third of three, on a server that is away
  const auto report = g.publish(g.request(version(3), g.map({g.order[3]})));
  EXPECT_EQ(report.end, publish_end::map_outdated);
}

TEST(publish_hidden, what_appears_after_a_server_was_looked_at_in_this_publish_is_a_conflict) {
  model_grid g(2);
  const auto old = version(1, 1, 1, 3);
  g.put(0, 0, old);
  g.put(0, 1, old);
  int to_one = 0;
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[1]) {
      if (++to_one == 1)
        g.put(1, 0, old); // away while we mapped; seen now
      else
        g.put(1, 1, version(2, 9, 1, 3)); // comes while we look
    }
    return std::nullopt;
  };
  const auto report = g.publish(g.request(version(2, 1, 1, 3), g.map({g.order[1]}), 1));
  EXPECT_EQ(report.end, publish_end::uncoordinated_write);
}

// -- repair --

TEST(publish_repair, fills_in_missing_and_bad_shares_at_the_same_sequence_number) {
  model_grid g(10);
  g.fill(v2);
  g.slots.at(g.order[1]).shares.clear();
  g.slots.at(g.order[2]).shares[share(2)] = to_bytes(as_bytes("\x05 rot"));
  g.put(3, 3, v1);
  auto request = g.request(v2, g.map({}, map_mode::repair));
  request.same_version = true;
  const auto report = g.publish(request);
  ASSERT_TRUE(report.ok()) << report.failure()->detail;
  EXPECT_EQ(g.sent.size(), 3U);
  EXPECT_EQ(g.map().summary().health, file_health::healthy);
}

// -- end --

TEST(publish_end_, more_than_a_thousand_turns_is_the_loop_limit) {
  model_grid g(10);
  auto request = g.request(v1, {});
  request.limits.publish_turns_max = 3;
  auto loop = *publish_loop::start(request);
  const auto actions = loop.step();
  for (const auto& m : actions.writes) {
    loop.on_write(m.id, outcome(write_outcome_kind::no_space));
    loop.step();
  }
  EXPECT_EQ(loop.end(), publish_end::loop_limit);
  EXPECT_EQ(loop.report().failure()->code, errc::loop_limit);
}

TEST(publish_end_, a_deadline_ends_it_with_what_is_unknown) {
  model_grid g(10);
  auto loop = *publish_loop::start(g.request(v1, {}));
  const auto actions = loop.step();
  loop.on_write(actions.writes[0].id, g.deliver(actions.writes[0], v1));
  loop.deadline_passed();
  EXPECT_TRUE(loop.step().finished);
  const auto report = loop.report();
  EXPECT_EQ(report.end, publish_end::timeout);
  EXPECT_EQ(report.unknown_servers.size(), 9U);
  EXPECT_EQ(report.placed.size(), 1U);
}

TEST(publish_end_, cancel_ends_at_once_while_the_old_version_is_whole_enough) {
  model_grid g(10);
  g.fill(v1);
  auto loop = *publish_loop::start(g.request(v2, g.map()));
  loop.cancel();
  const auto actions = loop.step();
  EXPECT_TRUE(actions.finished);
  EXPECT_TRUE(actions.writes.empty());
  EXPECT_EQ(loop.end(), publish_end::cancelled);
}

TEST(publish_end_, cancel_waits_until_one_version_is_certainly_recoverable) {
  model_grid g(10);
  g.fill(v1);
  auto loop = *publish_loop::start(g.request(v2, g.map()));
  const auto actions = loop.step();
  loop.cancel();
  EXPECT_FALSE(loop.step().finished); // all ten are under way: neither version is certain
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(loop.finished());
    loop.on_write(actions.writes[i].id, g.deliver(actions.writes[i], v2));
    loop.step();
  }
  EXPECT_EQ(loop.end(), publish_end::cancelled);
  EXPECT_TRUE(loop.report().recoverable);
}

TEST(publish_end_, the_report_gives_a_map_for_the_next_publish) {
  model_grid g(10);
  g.fill(v1);
  const auto report = g.publish(g.request(v2, g.map()));
  EXPECT_EQ(report.map.best(), v2);
  EXPECT_EQ(report.map.summary().health, file_health::healthy);
  EXPECT_TRUE(g.publish(g.request(version(3), report.map)).ok());
}

TEST(publish_status_, shows_goal_outstanding_and_placed_while_it_runs) {
  model_grid g(10);
  auto loop = *publish_loop::start(g.request(v1, {}));
  const auto actions = loop.step();
  for (std::size_t i = 0; i < 7; ++i)
    loop.on_write(actions.writes[i].id, g.deliver(actions.writes[i], v1));
  auto status = loop.status();
  EXPECT_EQ(status.text, "Sending shares: 7 placed of 10, 3 outstanding");
  EXPECT_DOUBLE_EQ(status.progress, 0.7);
  EXPECT_EQ(status.places.at({g.order[9], share(9)}), share_state::outstanding);
  EXPECT_EQ(status.places.at({g.order[0], share(0)}), share_state::placed);
  for (std::size_t i = 7; i < 10; ++i)
    loop.on_write(actions.writes[i].id, g.deliver(actions.writes[i], v1));
  loop.step();
  status = loop.status();
  EXPECT_EQ(status.text, "Finished");
  EXPECT_DOUBLE_EQ(status.progress, 1.0);
}
