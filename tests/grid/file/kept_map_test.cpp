#include "truckee/grid/file/kept_map.hpp"

#include "grid/model_grid.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

using kind = write_action::kind;
using time_point = std::chrono::steady_clock::time_point;

const auto v1 = version(1);
const auto v2 = version(2);

/// What a publish of `v` over a write map leaves on the grid.
servermap left_on(model_grid& g, const file_version& v) {
  const auto left = map_left_by(g.publish(g.request(v, g.map())));
  EXPECT_TRUE(left);
  return left.value_or(servermap());
}

/// One overwrite of a client that keeps maps; what it sends is told apart by `root`.
struct overwriter {
  model_grid& g;
  std::uint8_t root = 5;
  std::set<file_version> earlier = {};
  std::function<void(int)> before_map = {}; ///< n-th map, from 1
  std::vector<kind> seen = {};
  std::vector<bool> asked_all = {};
  std::vector<publish_report> reports = {};
  std::optional<servermap> left = {};

  write_result run(std::optional<servermap> kept) {
    write_wish wish;
    wish.kept = std::move(kept);
    wish.earlier = earlier;
    seeded_random random(1);
    write_operation op(std::move(wish), random);
    servermap map;
    for (int i = 0; i < 100 && !op.done(); ++i) {
      const auto action = op.next();
      seen.push_back(action.what);
      if (action.what == kind::map) {
        asked_all.push_back(action.ask_all);
        if (before_map)
          before_map(static_cast<int>(asked_all.size()));
        map = g.map({}, action.mode);
        op.on_map(map);
      } else if (action.what == kind::publish) {
        auto request = g.request(version(action.sequence.value, root), action.kept ? *action.kept : map);
        request.new_file = false;
        request.kept_map = action.kept.has_value();
        request.base = action.base;
        request.earlier = earlier;
        const auto sent = op.result().sent;
        request.earlier.insert(sent.begin(), sent.end());
        reports.push_back(g.publish(request));
        op.on_published(reports.back());
      } else {
        op.on_waited();
      }
    }
    EXPECT_TRUE(op.done());
    earlier.insert(op.result().sent.begin(), op.result().sent.end());
    if (op.result().report)
      left = map_left_by(*op.result().report);
    return op.result();
  }
};

const auto one_publish = std::vector{kind::publish};
const auto mapped_after_all = std::vector{kind::publish, kind::map, kind::publish};

} // namespace

TEST(kept_map, an_overwrite_on_it_asks_for_no_map) {
  model_grid g(10);
  g.fill(v1);
  overwriter w{g};
  const auto result = w.run(left_on(g, v2));
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_EQ(result.kept, kept_map_use::used);
  EXPECT_EQ(w.seen, one_publish);
  EXPECT_EQ(g.map().best(), version(3, 5));
  EXPECT_EQ(g.map().summary().health, file_health::healthy);
  EXPECT_TRUE(w.left) << "and leaves one for the next";
  EXPECT_EQ(w.run(w.left).kept, kept_map_use::used);
  EXPECT_EQ(g.map().best(), version(4, 5));
}

TEST(kept_map, each_share_is_tested_for_what_was_left_there) {
  model_grid g(10);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  g.sent.clear();
  overwriter{g}.run(kept);
  ASSERT_EQ(g.sent.size(), 10U);
  for (const auto& message : g.sent)
    for (const auto& planned : message.shares)
      EXPECT_EQ(std::get<file_version>(planned.expect), v2);
}

TEST(kept_map, another_writers_newer_version_is_overwritten_as_if_it_had_been_mapped) {
  model_grid g(10);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  g.fill(version(3, 9)); // a whole write of another, between two of ours
  overwriter w{g};
  const auto result = w.run(kept);
  EXPECT_EQ(result.end, write_end::written) << result.failure->detail;
  EXPECT_EQ(result.kept, kept_map_use::stale);
  EXPECT_EQ(result.tries, 1U) << "what was begun on the kept map counts as nothing";
  EXPECT_TRUE(result.surprises.empty());
  EXPECT_EQ(w.seen, mapped_after_all);
  EXPECT_EQ(w.reports.front().end, publish_end::kept_map_stale);
  EXPECT_FALSE(w.reports.front().readable);
  EXPECT_EQ(w.asked_all, std::vector{false}) << "a first map, as any overwrite makes";
  EXPECT_EQ(g.map().best(), version(4, 5));
  EXPECT_EQ(g.map().summary().health, file_health::healthy);
}

TEST(kept_map, many_newer_versions_of_another_writer_are_no_accusation_either) {
  model_grid g(10);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  g.fill(version(3, 9));
  for (std::size_t i = 2; i < 10; ++i)
    g.put(i, i, version(4, 9)); // it could not reach two servers
  overwriter w{g};
  const auto result = w.run(kept);
  EXPECT_EQ(result.end, write_end::written) << result.failure->detail;
  EXPECT_EQ(g.map().best(), version(5, 5));
}

// Ours landed where the other could not write, and is as high as the other's: both are known, and replaced.
TEST(kept_map, what_the_first_try_placed_is_known_for_ours) {
  model_grid g(10);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  for (std::size_t i = 0; i < 6; ++i)
    g.put(i, i, version(3, 9));
  overwriter w{g};
  const auto result = w.run(kept);
  EXPECT_TRUE(w.reports.front().readable) << "four of its shares landed, and three are enough";
  EXPECT_EQ(result.end, write_end::written) << result.failure->detail;
  EXPECT_EQ(w.seen, mapped_after_all);
  EXPECT_EQ(w.asked_all, std::vector{true}) << "somebody may have built on it: all are asked";
  EXPECT_EQ(g.map().best(), version(4, 5));
  EXPECT_EQ(g.map().summary().health, file_health::healthy);
}

// Two versions further, with ours readable below: what was there before our first try was not built on it.
TEST(kept_map, a_version_above_the_first_try_that_was_there_before_it_is_no_accusation) {
  model_grid g(10);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  for (std::size_t i = 0; i < 6; ++i)
    g.put(i, i, version(4, 9));
  overwriter w{g};
  const auto result = w.run(kept);
  EXPECT_TRUE(w.reports.front().readable);
  EXPECT_EQ(result.end, write_end::written) << result.failure->detail;
  EXPECT_EQ(g.map().best(), version(5, 5));
}

// The other one may have read what we placed: to overwrite it once more would undo what was built on ours.
TEST(kept_map, who_writes_over_a_readable_first_try_is_told_of) {
  model_grid g(10);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  g.put(9, 9, version(3, 9)); // makes the kept map wrong
  overwriter w{g};
  w.before_map = [&](int) { g.fill(version(4, 9)); };
  const auto result = w.run(kept);
  EXPECT_TRUE(w.reports.front().readable);
  EXPECT_EQ(result.end, write_end::uncoordinated_write);
  EXPECT_EQ(result.what, effect::may_be_applied);
  EXPECT_EQ(g.map().best(), version(4, 9));
}

TEST(kept_map, whatever_goes_wrong_on_it_is_mapped_and_written) {
  for (std::size_t i = 0; i < write_outcome_kind_count; ++i) {
    const auto what = static_cast<write_outcome_kind>(i);
    if (what == write_outcome_kind::written)
      continue;
    model_grid g(10);
    g.fill(v1);
    const auto kept = left_on(g, v2);
    bool once = false;
    g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
      if (m.server != g.order[4] || std::exchange(once, true))
        return std::nullopt;
      return outcome(what);
    };
    overwriter w{g};
    const auto result = w.run(kept);
    EXPECT_EQ(result.end, write_end::written) << to_string(what);
    EXPECT_EQ(result.kept, kept_map_use::stale) << to_string(what);
    EXPECT_EQ(w.reports.size(), 2U) << to_string(what);
    EXPECT_EQ(w.reports.front().placed.size(), 9U) << to_string(what);
    EXPECT_EQ(g.map().summary().health, file_health::healthy) << to_string(what);
  }
}

TEST(kept_map, no_share_finds_another_home_on_it) {
  model_grid g(20);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  g.sent.clear();
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[4])
      return outcome(write_outcome_kind::unreachable);
    return std::nullopt;
  };
  auto request = g.request(version(3, 5), kept);
  request.new_file = false;
  request.kept_map = true;
  EXPECT_EQ(g.publish(request).end, publish_end::kept_map_stale);
  EXPECT_EQ(g.sent.size(), 10U);
}

// With maps, such a version is seen before anything is sent.
TEST(kept_map, servers_that_had_nothing_are_looked_at_beside_the_writes) {
  model_grid g(20);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  for (std::size_t i = 0; i < 7; ++i)
    g.put(10 + i, i, version(3, 9)); // our servers were away for its writer
  g.sent.clear();
  auto request = g.request(version(3, 5), kept);
  request.new_file = false;
  request.kept_map = true;
  auto loop = publish_loop::start(request).value();
  const auto actions = loop.step();
  EXPECT_EQ(actions.writes.size(), 10U);
  EXPECT_EQ(actions.rereads.size(), 10U) << "at once";
  overwriter w{g};
  const auto result = w.run(kept);
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_EQ(result.kept, kept_map_use::stale);
  EXPECT_EQ(g.map().best(), version(4, 5));
}

TEST(kept_map, a_server_that_cannot_be_looked_at_makes_it_useless) {
  model_grid g(12);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  bool once = false;
  g.before_reread = [&](const reread_message&) -> std::optional<reread_outcome> {
    return std::exchange(once, true) ? std::nullopt : std::optional(reread_outcome{});
  };
  EXPECT_EQ(overwriter{g}.run(kept).kept, kept_map_use::stale);
}

TEST(kept_map, an_older_share_where_ours_was_makes_it_useless) {
  model_grid g(10);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  g.put(3, 3, v1); // a server with an old disk
  overwriter w{g};
  EXPECT_EQ(w.run(kept).kept, kept_map_use::stale);
  EXPECT_EQ(g.map().summary().health, file_health::healthy);
}

TEST(kept_map, a_server_that_is_slow_when_it_is_wrong_already_is_not_waited_for) {
  model_grid g(10);
  g.fill(v1);
  auto request = g.request(version(3, 5), left_on(g, v2));
  request.new_file = false;
  request.kept_map = true;
  g.fill(version(3, 9));
  auto loop = publish_loop::start(request).value();
  for (const auto& message : loop.step().writes)
    if (message.server != g.order[0])
      loop.on_write(message.id, g.deliver(message, request.version));
  loop.step();
  EXPECT_FALSE(loop.finished());
  EXPECT_TRUE(loop.leave_the_slow("no answer for 0.25 s"));
  loop.step();
  EXPECT_EQ(loop.end(), publish_end::kept_map_stale);
}

TEST(kept_map, only_a_plain_overwrite_begins_on_it) {
  model_grid g(10);
  g.fill(v1);
  const auto kept = left_on(g, v2);
  seeded_random random(1);
  const auto first = [&](write_kind what, std::vector<sent_version> own) {
    write_wish wish;
    wish.kind = what;
    wish.only_if = version_condition{{2}, ""};
    wish.own = std::move(own);
    wish.kept = kept;
    return write_operation(wish, random).next().what;
  };
  EXPECT_EQ(first(write_kind::overwrite, {}), kind::publish);
  EXPECT_EQ(first(write_kind::overwrite, {{v2, true}}), kind::map)
      << "asked again: what became of it decides";
  EXPECT_EQ(first(write_kind::conditional, {}), kind::map);
  EXPECT_EQ(first(write_kind::modify, {}), kind::map);
}

TEST(kept_map, who_stops_it_is_not_mapped_for) {
  model_grid g(10);
  g.fill(v1);
  write_wish wish;
  wish.kept = left_on(g, v2);
  seeded_random random(1);
  write_operation op(wish, random);
  publish_report report;
  report.version = version(3, 5);
  report.end = publish_end::cancelled;
  op.on_published(report);
  EXPECT_EQ(op.result().failure->code, errc::cancelled);
}

TEST(kept_map, is_left_by_a_publish_that_had_no_trouble_only) {
  const auto leaves = [](const std::function<void(model_grid&)>& trouble) {
    model_grid g(12);
    g.fill(v1);
    trouble(g);
    return map_left_by(g.publish(g.request(v2, g.map()))).has_value();
  };
  EXPECT_TRUE(leaves([](model_grid&) {}));
  EXPECT_FALSE(leaves([](model_grid& g) {
    g.before = [&g](const publish_message& m) -> std::optional<write_outcome> {
      if (m.server == g.order[1])
        return outcome(write_outcome_kind::no_space);
      return std::nullopt;
    };
  })) << "a server failed, and its share has another home";
  EXPECT_FALSE(leaves([](model_grid& g) {
    g.before = [&g](const publish_message& m) -> std::optional<write_outcome> {
      if (m.server == g.order[1])
        return outcome(write_outcome_kind::unknown);
      return std::nullopt;
    };
    g.before_reread = [](const reread_message&) { return std::optional(reread_outcome{}); };
  })) << "a write may land later";

  model_grid g(12);
  g.fill(v1);
  EXPECT_FALSE(map_left_by(g.publish(g.request(v2, g.map({g.order[11]})))))
      << "a server did not answer the map";
  EXPECT_FALSE(map_left_by(g.publish(g.request(version(3), g.map({}, map_mode::check)))))
      << "a map of all servers tells nothing of the boundary";
  EXPECT_FALSE(map_left_by(g.publish(g.request(version(3, 3), {})))) << "nor does none";
}

TEST(kept_map, is_left_by_a_new_file_as_by_the_update_after_it) {
  for (const std::size_t servers : {7U, 10U, 11U, 12U, 13U}) {
    model_grid g(servers);
    auto request = g.request(version(1, 3), {});
    request.new_file = true;
    const auto left = map_left_by_new(g.publish(request), g.order, {});
    ASSERT_TRUE(left) << servers;
    const auto after_a_map = left_on(g, v2);
    EXPECT_EQ(left->servers_not_asked(), after_a_map.servers_not_asked()) << servers;
    EXPECT_EQ(left->shares().size(), after_a_map.shares().size()) << servers;
    EXPECT_EQ(left->mode(), map_mode::write);
  }
}

TEST(kept_map, the_update_after_a_new_file_asks_for_no_map) {
  model_grid g(20);
  auto request = g.request(version(1, 3), {});
  request.new_file = true;
  const auto left = map_left_by_new(g.publish(request), g.order, {});
  ASSERT_TRUE(left);
  overwriter w{g};
  EXPECT_EQ(w.run(left).kept, kept_map_use::used);
  EXPECT_EQ(w.seen, one_publish);
  EXPECT_EQ(g.map().best(), version(2, 5));
}

TEST(kept_map, who_wrote_a_new_file_beside_its_maker_is_found) {
  model_grid g(20);
  auto request = g.request(version(1, 3), {});
  request.new_file = true;
  const auto left = map_left_by_new(g.publish(request), g.order, {});
  ASSERT_TRUE(left);
  for (std::size_t i = 0; i < 3; ++i)
    g.put(10 + i, i, version(7, 9)); // behind ours, and within a map's boundary
  overwriter w{g};
  const auto result = w.run(left);
  EXPECT_EQ(result.kept, kept_map_use::stale);
  EXPECT_EQ(result.end, write_end::written);
  EXPECT_EQ(g.map().best(), version(8, 5)) << "above it, as with a map";
}

TEST(kept_map, a_new_file_with_trouble_leaves_none) {
  model_grid g(12);
  g.before = [&g](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server == g.order[1])
      return outcome(write_outcome_kind::no_space);
    return std::nullopt;
  };
  auto request = g.request(version(1, 3), {});
  request.new_file = true;
  const auto made = g.publish(request);
  EXPECT_TRUE(made.ok());
  EXPECT_FALSE(map_left_by_new(made, g.order, {}));
}

TEST(kept_map, fits_the_same_servers_and_shape_for_a_while) {
  model_grid g(10);
  g.fill(v1);
  const file_servers servers{g.order, g.order};
  const time_point then{std::chrono::hours(1)};
  const grid_limits limits;
  const kept_map kept{left_on(g, v2), servers, then};
  const auto at = [&](time_point now) { return fits(kept, servers, std::nullopt, now, limits); };
  EXPECT_TRUE(at(then));
  EXPECT_TRUE(at(then + limits.kept_map_age - std::chrono::milliseconds(1)));
  EXPECT_FALSE(at(then + limits.kept_map_age));
  EXPECT_TRUE(fits(kept, servers, spread{3, 10, 5}, then, limits));
  EXPECT_FALSE(fits(kept, servers, spread{3, 9, 5}, then, limits));
  EXPECT_FALSE(fits(kept, servers, spread{2, 10, 5}, then, limits));
  auto drains = servers;
  drains.takers.erase(drains.takers.begin());
  EXPECT_FALSE(fits(kept, drains, std::nullopt, then, limits)) << "a server is drained";
  auto fewer = drains;
  fewer.all.erase(fewer.all.begin());
  EXPECT_FALSE(fits(kept, fewer, std::nullopt, then, limits)) << "a server went";
  model_grid many(20);
  many.fill(v1);
  const file_servers all{many.order, many.order};
  grid_limits narrow;
  narrow.map_batch_max = 10;
  EXPECT_TRUE(fits({left_on(many, v2), all, then}, all, std::nullopt, then, narrow));
  narrow.map_batch_max = 9;
  EXPECT_FALSE(fits({left_on(many, version(3)), all, then}, all, std::nullopt, then, narrow))
      << "ten servers to look at, and no more than nine may be asked at a time";
  grid_limits none;
  none.kept_map_age = std::chrono::milliseconds(0);
  EXPECT_FALSE(fits(kept, servers, std::nullopt, then, none));
}

TEST(kept_strictly, is_what_a_confirmed_publish_left_for_as_long_as_maps_are_kept) {
  strict_choice choice{3, 10, {}, 0, 1};
  for (std::uint8_t i = 0; i < 10; ++i)
    choice.servers.push_back(server(i));
  const auto setting = strict_setting::make(choice).value();
  slot_map slots(setting);
  for (std::uint8_t i = 0; i < 10; ++i)
    slots.know(server(i), {{share(i), sealed_share{v2, {}}}});
  publish_report report;
  report.end = publish_end::published;
  report.version = v2;
  report.strict.emplace(strict_account{.confirming = 8, .needed = 8, .places = 10});
  const grid_limits limits;
  const time_point now{std::chrono::hours(1)};
  const auto small = shared_bytes(bytes(10));
  EXPECT_FALSE(kept_strictly(report, small, now, limits)) << "it left nothing";
  report.strict->left = std::make_shared<const slot_map>(slots);
  const auto kept = kept_strictly(report, small, now, limits);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(fits_strictly(*kept, setting, true, now, limits));
  EXPECT_FALSE(fits_strictly(*kept, setting, true, now + limits.kept_map_age, limits));
  choice.neighbour = setting_hash{};
  EXPECT_FALSE(fits_strictly(*kept, strict_setting::make(choice).value(), true, now, limits))
      << "what counts as confirmed may depend on it";
  choice.neighbour.reset();
  choice.liars = 1;
  EXPECT_FALSE(fits_strictly(*kept, strict_setting::make(choice).value(), true, now, limits))
      << "the grid file is another one";
  const auto large = kept_strictly(report, shared_bytes(bytes(limits.kept_content_max + 1)), now, limits);
  ASSERT_TRUE(large);
  EXPECT_TRUE(fits_strictly(*large, setting, false, now, limits));
  EXPECT_FALSE(fits_strictly(*large, setting, true, now, limits)) << "an append must read it";
  report.end = publish_end::not_confirmed;
  EXPECT_FALSE(kept_strictly(report, small, now, limits));
}
