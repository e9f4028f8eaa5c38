#include "grid/model_grid.hpp"
#include "test_support.hpp"
#include "truckee/grid/file/write_operation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

using kind = write_action::kind;
using change = applied_change::kind;

/// Drives a write over a model grid. Content is the root byte's business only; `root` names this writer.
struct driver {
  model_grid& g;
  std::uint8_t root;
  seeded_random random{1};
  std::set<server_id> away = {};                ///< while mapping
  std::function<void(int)> before_map = {};     ///< n-th map, from 1
  std::function<void(int)> before_publish = {}; ///< n-th publish
  /// What applying the change to what was read brings.
  std::function<change()> applies = [] { return change::changed; };
  std::vector<kind> seen = {};
  std::vector<file_version> published = {};
  int maps = 0;

  write_result run(write_wish wish) {
    write_operation op(std::move(wish), random);
    servermap map;
    for (int i = 0; i < 200 && !op.done(); ++i) {
      const auto action = op.next();
      seen.push_back(action.what);
      switch (action.what) {
      case kind::map:
        ++maps;
        if (before_map)
          before_map(maps);
        map = g.map(away, action.mode);
        op.on_map(map);
        break;
      case kind::read:
        op.on_read(g.map().recoverable(*action.version));
        break;
      case kind::apply:
        op.on_applied({applies()});
        break;
      case kind::publish: {
        published.push_back(version(action.sequence.value, root));
        if (before_publish)
          before_publish(static_cast<int>(published.size()));
        auto request = g.request(published.back(), map);
        request.base = action.base;
        op.on_published(g.publish(request));
        break;
      }
      case kind::wait:
        EXPECT_GT(action.delay.count(), 0);
        op.on_waited();
        break;
      case kind::done:
        break;
      }
    }
    EXPECT_TRUE(op.done());
    return op.result();
  }
};

write_wish wish(write_kind what) {
  write_wish out;
  out.kind = what;
  return out;
}

} // namespace

TEST(sequence, is_above_the_map_and_all_we_sent) {
  model_grid g(10);
  g.fill(version(4));
  EXPECT_EQ(next_sequence(g.map(), {}).value, 5U);
  EXPECT_EQ(next_sequence(g.map(), {version(7)}).value, 8U);
  EXPECT_EQ(next_sequence(g.map(), {version(7)}, {11}).value, 12U);
  EXPECT_EQ(next_sequence({}, {}).value, 1U);
}

RC_GTEST_PROP(backoff, grows_is_bounded_and_is_random, ()) {
  grid_limits limits;
  seeded_random random(*rc::gen::arbitrary<std::uint64_t>());
  const auto tries = *rc::gen::inRange<std::uint32_t>(1, 100);
  const auto delay = backoff_delay(tries, limits, random);
  RC_ASSERT(delay <= limits.backoff_longest);
  const auto bound = tries > 7 ? limits.backoff_longest : limits.backoff_first * (1 << (tries - 1));
  RC_ASSERT(delay <= bound &&
            delay >= std::min<std::chrono::milliseconds>(bound, limits.backoff_longest) / 4);
}

TEST(overwrite, maps_then_publishes_above_what_is_there) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_EQ(g.map().best(), version(2, 2));
  EXPECT_EQ(d.seen, (std::vector{kind::map, kind::publish}));
}

TEST(overwrite, a_collision_is_told_with_what_is_recoverable_now) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  d.before_publish = [&](int) { g.fill(version(2, 9)); };
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.end, write_end::uncoordinated_write);
  EXPECT_EQ(result.recoverable_now, std::vector{version(2, 9)});
  EXPECT_EQ(result.failure->code, errc::uncoordinated_write);
  EXPECT_FALSE(result.surprises.empty());
  EXPECT_EQ(d.published.size(), 1U);
}

TEST(overwrite, a_lone_writer_is_not_told_about_leftovers_that_were_away) {
  model_grid g(10);
  g.fill(version(1));
  g.put(3, 3, version(2, 9));
  g.put(4, 4, version(2, 9));
  driver d{g, 1};
  d.away = {g.order[3], g.order[4]};
  d.before_map = [&](int n) {
    if (n == 2)
      d.away.clear();
  };
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.end, write_end::written) << result.failure->detail;
  EXPECT_EQ(g.map().best(), version(3, 1)); // above the leftover
  EXPECT_EQ(g.map().summary().health, file_health::healthy);
}

TEST(overwrite, a_leftover_that_hides_again_is_still_published_above) {
  model_grid g(10);
  g.fill(version(1));
  g.put(3, 3, version(2, 9));
  driver d{g, 1};
  d.away = {g.order[3]};
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.end, write_end::written) << result.failure->detail;
  EXPECT_EQ(result.report->version.sequence.value, 3U);
}

TEST(overwrite, a_hidden_version_whose_writer_is_at_work_elsewhere_is_told) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 1};
  d.away = {g.order[3]};
  d.before_publish = [&](int) { g.put(3, 3, version(2, 9)); };
  d.before_map = [&](int n) {
    if (n == 2)
      g.fill(version(2, 9)); // also where we had looked
  };
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.end, write_end::uncoordinated_write);
}

TEST(overwrite, nobody_leaves_the_grid_without_a_readable_version) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 1};
  // Five writers at once: each got two shares.
  d.before_publish = [&](int n) {
    for (std::size_t i = 0; n == 1 && i < 8; ++i)
      g.put(i, i, version(2, static_cast<std::uint8_t>(10 + i / 2)));
  };
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.end, write_end::uncoordinated_write); // told
  EXPECT_TRUE(result.rescued);
  EXPECT_EQ(g.map().best(), version(3, 1));
}

TEST(overwrite, the_writer_of_the_newest_version_rescues_first) {
  const auto rounds = [](std::uint8_t mine) {
    model_grid g(10);
    g.fill(version(1));
    driver d{g, mine};
    d.before_publish = [&](int n) {
      for (std::size_t i = 0; n == 1 && i < 8; ++i)
        g.put(i, i, version(2, static_cast<std::uint8_t>(10 + i / 2)));
    };
    EXPECT_TRUE(d.run(wish(write_kind::overwrite)).rescued);
    return d.maps;
  };
  EXPECT_LT(rounds(200), rounds(1));
}

TEST(overwrite, a_failure_for_lack_of_servers_is_not_tried_again) {
  model_grid g(10);
  g.before = [&](const publish_message&) { return outcome(write_outcome_kind::no_space); };
  driver d{g, 1};
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.end, write_end::failed);
  EXPECT_EQ(result.failure->code, errc::not_enough_servers);
  EXPECT_EQ(d.published.size(), 1U);
}

TEST(conditional, writes_on_the_named_version_only) {
  model_grid g(10);
  g.fill(version(4));
  driver d{g, 2};
  auto w = wish(write_kind::conditional);
  w.only_if = {{3}, ""};
  auto result = d.run(w);
  EXPECT_EQ(result.end, write_end::version_changed);
  EXPECT_EQ(result.failure->code, errc::uncoordinated_write);
  EXPECT_NE(result.failure->detail.find("not at version 3; read it again"), std::string::npos)
      << result.failure->detail;
  EXPECT_TRUE(d.published.empty());
  w.only_if = {{4}, "02"}; // the root begins with 01
  EXPECT_EQ(d.run(w).end, write_end::version_changed);
  w.only_if = {{4}, "01"};
  result = d.run(w);
  EXPECT_EQ(result.end, write_end::written);
}

TEST(conditional, a_file_without_a_readable_version_is_not_at_the_one_named) {
  model_grid g(10);
  g.put(0, 0, version(4));
  driver d{g, 1};
  auto w = wish(write_kind::conditional);
  w.only_if = {{4}, ""};
  const auto result = d.run(w);
  EXPECT_EQ(result.end, write_end::version_changed);
  EXPECT_NE(result.failure->detail.find("no version of the file can be read, not at version 4"),
            std::string::npos);
}

TEST(conditional, is_told_before_a_key_that_cannot_be_had) {
  model_grid g(10);
  g.fill(version(4));
  seeded_random random(1);
  auto w = wish(write_kind::conditional);
  w.only_if = {{3}, ""};
  write_operation other(w, random);
  other.on_map({g.map(), error{errc::not_enough_shares, "no key"}});
  EXPECT_EQ(other.result().end, write_end::version_changed);
  w.only_if = {{4}, ""};
  write_operation same(w, random);
  same.on_map({g.map(), error{errc::not_enough_shares, "no key"}});
  EXPECT_EQ(same.result().end, write_end::failed);
  EXPECT_EQ(same.result().failure->detail, "no key");
}

TEST(publish_spread, an_existing_file_keeps_its_own_unless_another_is_wanted) {
  const spread defaults{3, 10, 7};
  EXPECT_EQ(publish_spread(std::nullopt, defaults, std::nullopt), defaults);
  EXPECT_EQ(publish_spread(std::nullopt, defaults, version(1, 1, 2, 4)), (spread{2, 4, 4}));
  EXPECT_EQ(publish_spread(spread{1, 2, 1}, defaults, version(1, 1, 2, 4)), (spread{1, 2, 1}));
}

TEST(conditional, a_version_that_comes_to_light_is_not_overwritten) {
  model_grid g(10);
  g.fill(version(1));
  for (std::size_t i = 0; i < 3; ++i)
    g.put(i, i, version(2, 9)); // whole enough to read, on servers that are away
  driver d{g, 1};
  d.away = {g.order[0], g.order[1], g.order[2]};
  d.before_map = [&](int n) {
    if (n == 2)
      d.away.clear();
  };
  auto w = wish(write_kind::conditional);
  w.only_if = {{1}, ""};
  EXPECT_EQ(d.run(w).end, write_end::version_changed);
}

TEST(modify, reads_applies_publishes) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  EXPECT_EQ(d.run(wish(write_kind::modify)).end, write_end::written);
  EXPECT_EQ(d.seen, (std::vector{kind::map, kind::read, kind::apply, kind::publish}));
}

TEST(modify, nothing_changed_means_no_write) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  d.applies = [] { return change::unchanged; };
  EXPECT_EQ(d.run(wish(write_kind::modify)).end, write_end::unchanged);
  EXPECT_TRUE(g.sent.empty());
}

TEST(modify, after_a_collision_backs_off_maps_all_reads_and_merges) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  d.before_publish = [&](int n) {
    if (n == 1)
      g.fill(version(2, 9));
  };
  const auto result = d.run(wish(write_kind::modify));
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_EQ(result.tries, 2U);
  EXPECT_EQ(g.map().best(), version(3, 2));
  EXPECT_EQ(d.seen, (std::vector{kind::map, kind::read, kind::apply, kind::publish, kind::wait, kind::map,
                                 kind::read, kind::apply, kind::publish}));
}

TEST(modify, our_own_half_written_version_is_completed_not_applied_twice) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  int applied = 0;
  d.applies = [&] {
    ++applied;
    return change::changed;
  };
  d.before_publish = [&](int n) {
    if (n == 1)
      g.put(0, 0, version(2, 1)); // a writer with a lower root, who crashes
  };
  const auto result = d.run(wish(write_kind::modify));
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_EQ(applied, 1);
  EXPECT_EQ(g.map().best(), version(3, 2));
}

TEST(modify, a_change_that_is_in_already_is_written_again_unless_that_version_is_whole) {
  for (const bool whole : {true, false}) {
    model_grid g(10);
    g.fill(version(1));
    driver d{g, 2};
    int applied = 0;
    d.applies = [&] { return ++applied == 1 ? change::changed : change::contained; };
    d.before_publish = [&](int n) {
      for (std::size_t i = 0; n == 1 && i < (whole ? 10U : 8U); ++i)
        g.put(i, i, version(5, 9));
    };
    const auto result = d.run(wish(write_kind::modify));
    EXPECT_EQ(result.end, whole ? write_end::already_applied : write_end::written);
    EXPECT_EQ(result.what, effect::applied);
    EXPECT_EQ(d.published.size(), whole ? 1U : 2U);
    if (whole) {
      EXPECT_EQ(result.found, version(5, 9));
      EXPECT_EQ(result.found_at.size(), 10U);
    }
  }
}

TEST(modify, our_own_whole_version_ends_it_without_another_publish) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  d.before_publish = [&](int) { g.put(0, 0, version(2, 1)); }; // another writer's message, met on the way
  d.before_map = [&](int n) {
    if (n == 2)
      g.fill(d.published.front()); // ours: the other's repairer, or a late message
  };
  const auto result = d.run(wish(write_kind::modify));
  EXPECT_EQ(result.end, write_end::already_applied);
  EXPECT_EQ(result.found, d.published.front());
  EXPECT_EQ(d.published.size(), 1U);
}

TEST(modify, where_it_is_unclear_whether_the_change_is_in_nothing_is_written_again) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  int applied = 0;
  d.applies = [&] { return ++applied == 1 ? change::changed : change::unclear; };
  d.before_publish = [&](int) { g.put(9, 9, version(5, 9)); };
  d.before_map = [&](int n) {
    if (n == 2)
      g.fill(version(5, 9));
  };
  const auto result = d.run(wish(write_kind::modify));
  EXPECT_EQ(result.end, write_end::uncoordinated_write);
  EXPECT_EQ(result.what, effect::may_be_applied);
  EXPECT_EQ(d.published.size(), 1U);
}

TEST(outcome, what_nobody_can_have_read_is_not_applied) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  int asked = 0;
  g.before = [&](const publish_message&) {
    write_outcome out;
    out.kind =
        ++asked <= 2 ? write_outcome_kind::unknown : write_outcome_kind::refused; // 2 of 3 that are needed
    return std::optional(out);
  };
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.failure->code, errc::not_enough_servers);
  EXPECT_EQ(result.what, effect::not_applied);
}

TEST(outcome, what_may_have_landed_on_enough_servers_may_be_applied) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  int asked = 0;
  g.before = [&](const publish_message&) {
    write_outcome out;
    out.kind = ++asked <= 3 ? write_outcome_kind::unknown : write_outcome_kind::refused;
    return std::optional(out);
  };
  const auto result = d.run(wish(write_kind::overwrite));
  EXPECT_EQ(result.failure->code, errc::not_enough_servers);
  EXPECT_EQ(result.what, effect::may_be_applied);
}

TEST(asked_again, an_overwrite_that_is_there_whole_is_not_written_again) {
  for (const auto what : {write_kind::overwrite, write_kind::conditional}) {
    model_grid g(10);
    g.fill(version(2, 7));
    driver d{g, 2};
    auto w = wish(what);
    if (what == write_kind::conditional)
      w.only_if = {{1}, ""}; // as it was when it was asked for first
    w.own = {{version(2, 7), true}};
    const auto result = d.run(w);
    EXPECT_EQ(result.end, write_end::already_applied);
    EXPECT_EQ(result.found, version(2, 7));
    EXPECT_TRUE(g.sent.empty());
  }
}

TEST(asked_again, an_overwrite_that_is_there_in_part_is_made_whole) {
  for (const auto what : {write_kind::overwrite, write_kind::conditional}) {
    model_grid g(10);
    g.fill(version(1));
    for (std::size_t i = 0; i < 5; ++i)
      g.put(i, i, version(2, 7));
    driver d{g, 2};
    auto w = wish(what);
    if (what == write_kind::conditional)
      w.only_if = {{1}, ""};
    w.own = {{version(2, 7), true}};
    EXPECT_EQ(d.run(w).end, write_end::written);
    EXPECT_EQ(g.map().best(), version(3, 2));
  }
}

TEST(asked_again, an_overwrite_does_not_undo_what_was_written_above_it) {
  model_grid g(10);
  g.fill(version(3, 9));
  driver d{g, 2};
  auto w = wish(write_kind::overwrite);
  w.own = {{version(2, 7), true}};
  const auto result = d.run(w);
  EXPECT_EQ(result.end, write_end::uncoordinated_write);
  EXPECT_EQ(result.what, effect::may_be_applied);
  EXPECT_TRUE(g.sent.empty());
}

TEST(asked_again, an_overwrite_that_nobody_can_have_read_is_written) {
  model_grid g(10);
  g.fill(version(3, 9));
  driver d{g, 2};
  auto w = wish(write_kind::overwrite);
  w.own = {{version(2, 7), false}};
  EXPECT_EQ(d.run(w).end, write_end::written);
}

TEST(asked_again, an_append_looks_at_what_is_there_first) {
  model_grid g(10);
  g.fill(version(3, 9));
  driver d{g, 2};
  d.applies = [] { return change::contained; };
  auto w = wish(write_kind::modify);
  w.own = {{version(2, 7), true, content_mark{}, content_mark{}}};
  const auto result = d.run(w);
  EXPECT_EQ(result.end, write_end::already_applied);
  EXPECT_EQ(d.seen, (std::vector{kind::map, kind::read, kind::apply}));
}

TEST(modify, publishes_its_own_content_when_nothing_is_readable_any_more) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 1};
  d.before_publish = [&](int n) {
    for (std::size_t i = 0; n == 1 && i < 8; ++i)
      g.put(i, i, version(2, static_cast<std::uint8_t>(10 + i / 2)));
  };
  const auto result = d.run(wish(write_kind::modify));
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_TRUE(result.rescued);
}

TEST(modify, gives_up_after_a_bounded_number_of_tries_with_the_typed_error) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  d.before_publish = [&](int) { g.fill(version(d.published.back().sequence.value, 9)); };
  const auto result = d.run(wish(write_kind::modify));
  EXPECT_EQ(result.end, write_end::uncoordinated_write);
  EXPECT_EQ(result.tries, grid_limits{}.write_tries_max);
  EXPECT_EQ(result.failure->code, errc::uncoordinated_write);
}

TEST(modify, nothing_readable_is_said) {
  model_grid g(10);
  g.put(0, 0, version(1));
  driver d{g, 2};
  const auto result = d.run(wish(write_kind::modify));
  EXPECT_EQ(result.end, write_end::unrecoverable);
  EXPECT_EQ(result.failure->code, errc::not_enough_shares);
}

TEST(modify, a_lying_read_back_cannot_use_the_sequence_numbers_up) {
  model_grid g(10);
  g.fill(version(1));
  driver d{g, 2};
  int lies = 0;
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server != g.order[0] || lies++ > 0)
      return std::nullopt;
    auto o = outcome(write_outcome_kind::test_failed);
    o.found[share(0)] = pack_prefix(version(UINT64_MAX - 1, 9));
    return o;
  };
  const auto result = d.run(wish(write_kind::modify));
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_LT(result.report->version.sequence.value, 5U);
}

TEST(stop, while_mapping_or_waiting_ends_with_the_reason) {
  seeded_random random(1);
  write_operation op(wish(write_kind::modify), random);
  op.stop({errc::cancelled, "the caller"});
  EXPECT_TRUE(op.done());
  EXPECT_EQ(op.result().end, write_end::failed);
  EXPECT_EQ(op.result().failure->code, errc::cancelled);
}

// -- a new file with a key that was brought --

TEST(create, looks_at_all_servers_and_writes_version_1_where_nothing_is) {
  model_grid g(10);
  seeded_random random(1);
  const write_operation op(wish(write_kind::create), random);
  EXPECT_EQ(op.next().what, kind::map);
  EXPECT_TRUE(op.next().ask_all);
  driver d{g, 2};
  const auto result = d.run(wish(write_kind::create));
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_EQ(result.what, effect::applied);
  EXPECT_EQ(d.published, std::vector{version(1, 2)});
  EXPECT_EQ(d.seen, (std::vector{kind::map, kind::publish}));
}

TEST(create, a_file_that_is_there_is_left_as_it_is) {
  model_grid g(10);
  g.fill(version(3));
  driver d{g, 2};
  const auto result = d.run(wish(write_kind::create));
  EXPECT_EQ(result.end, write_end::version_changed);
  EXPECT_EQ(result.what, effect::not_applied);
  EXPECT_EQ(result.failure->code, errc::uncoordinated_write);
  EXPECT_NE(result.failure->detail.find("exists already, and is at " + describe(version(3))),
            std::string::npos)
      << result.failure->detail;
  EXPECT_TRUE(d.published.empty());
  EXPECT_EQ(g.map().best(), version(3));
}

TEST(create, one_share_or_a_damaged_one_keeps_it_from_writing) {
  for (const bool damaged : {false, true}) {
    model_grid g(10);
    g.put(7, 4, version(1));
    if (damaged)
      g.slots.at(g.order[7]).shares[share(4)] = test::hex("00");
    driver d{g, 2};
    const auto result = d.run(wish(write_kind::create));
    EXPECT_EQ(result.end, write_end::version_changed);
    EXPECT_NE(result.failure->detail.find(damaged ? "damaged shares" : "too few to read it"),
              std::string::npos)
        << result.failure->detail;
    EXPECT_TRUE(d.published.empty());
  }
}

TEST(create, of_two_at_the_same_time_the_later_is_told) {
  model_grid g(10);
  driver d{g, 2};
  d.before_publish = [&](int) { g.fill(version(1, 9)); };
  const auto result = d.run(wish(write_kind::create));
  EXPECT_EQ(result.end, write_end::uncoordinated_write);
  EXPECT_EQ(g.map().best(), version(1, 9)) << "the first one's file is whole";
}

TEST(create, a_file_that_was_hidden_while_it_was_looked_for_is_not_written_over) {
  model_grid g(10);
  g.put(3, 3, version(1, 9));
  g.put(4, 4, version(1, 9));
  driver d{g, 2};
  d.away = {g.order[3], g.order[4]};
  d.before_map = [&](int n) {
    if (n == 2)
      d.away.clear();
  };
  const auto result = d.run(wish(write_kind::create));
  EXPECT_NE(result.end, write_end::written);
  EXPECT_EQ(result.failure->code, errc::uncoordinated_write);
  EXPECT_EQ(g.at(3, 3), version(1, 9));
  EXPECT_EQ(g.at(4, 4), version(1, 9));
}

namespace {

/// A modify whose first publish is of a part: the shell has no content then.
struct part_driver {
  model_grid& g;
  seeded_random random{1};
  std::function<publish_report(publish_request)> publish_first = {};
  std::set<server_id> away_later = {};
  std::vector<kind> seen = {};

  write_result run() {
    write_operation op(wish(write_kind::modify), random);
    servermap map;
    int published = 0;
    bool content = false;
    for (int i = 0; i < 200 && !op.done(); ++i) {
      const auto action = op.next();
      seen.push_back(action.what);
      if (action.what == kind::map) {
        map = g.map(published == 0 ? std::set<server_id>{} : away_later, action.mode);
        op.on_map(map);
      } else if (action.what == kind::read) {
        op.on_read(true);
      } else if (action.what == kind::apply) {
        applied_change made;
        made.whole = content = published > 0;
        op.on_applied(made);
      } else if (action.what == kind::publish) {
        EXPECT_TRUE(published == 0 || content) << "nothing in memory to publish";
        EXPECT_FALSE(action.rescue && !content);
        content = false; // each whole publish has been applied to what was read
        auto request = g.request(version(action.sequence.value, 2), map);
        request.base = action.base;
        op.on_published(published++ == 0 ? publish_first(std::move(request)) : g.publish(std::move(request)));
      } else if (action.what == kind::wait) {
        op.on_waited();
      }
    }
    EXPECT_TRUE(op.done());
    return op.result();
  }
};

publish_report part_report(const publish_request& request, publish_end end) {
  publish_report out;
  out.version = request.version;
  out.map = request.map;
  out.end = end;
  return out;
}

} // namespace

TEST(modify, a_part_that_could_not_be_published_is_read_again_and_published_whole) {
  for (const auto end : {publish_end::not_enough_servers, publish_end::uncoordinated_write,
                         publish_end::map_outdated, publish_end::loop_limit}) {
    SCOPED_TRACE(to_string(end));
    model_grid g(10);
    g.fill(version(1));
    part_driver d{g};
    d.publish_first = [&](const publish_request& request) {
      g.put(0, 0, request.version); // as far as it came
      return part_report(request, end);
    };
    EXPECT_EQ(d.run().end, write_end::written);
    EXPECT_EQ(g.map().best(), version(3, 2));
    EXPECT_EQ(std::ranges::count(d.seen, kind::read), 2);
  }
}

TEST(modify, our_own_part_that_is_readable_is_read_before_it_is_completed) {
  model_grid g(10);
  g.fill(version(1));
  part_driver d{g};
  d.publish_first = [&](const publish_request& request) {
    for (std::size_t i = 0; i < 9; ++i)
      g.put(i, i, request.version);
    return part_report(request, publish_end::not_enough_servers);
  };
  EXPECT_EQ(d.run().end, write_end::written);
  EXPECT_EQ(std::ranges::count(d.seen, kind::read), 2);
}

TEST(modify, nothing_is_rescued_with_a_part) {
  model_grid g(10);
  g.fill(version(1));
  part_driver d{g};
  for (std::size_t i = 1; i < 9; ++i)
    d.away_later.insert(g.order[i]);
  d.publish_first = [&](const publish_request& request) {
    g.put(0, 0, request.version);
    return part_report(request, publish_end::not_enough_servers);
  };
  const auto result = d.run();
  EXPECT_EQ(result.end, write_end::failed);
  EXPECT_EQ(result.failure->code, errc::not_enough_shares);
  EXPECT_EQ(std::ranges::count(d.seen, kind::publish), 1);
}
