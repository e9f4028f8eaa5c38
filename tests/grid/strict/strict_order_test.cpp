#include "grid/strict/strict_world.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

strict_setting setting(std::uint8_t k, std::uint8_t n, std::size_t servers, std::uint8_t liars = 0) {
  strict_choice choice{k, n, {}, liars, 1};
  for (std::size_t i = 0; i < servers; ++i)
    choice.servers.push_back(server(static_cast<std::uint8_t>(i)));
  return strict_setting::make(std::move(choice)).value();
}

struct spread_setting {
  std::uint8_t k, n;
  std::size_t servers;
};

/// Runs of some writers with faults, and one writer when they have stopped, who must be acknowledged and finds all.
run_tally runs(const spread_setting& spread, std::size_t writers, const strict_faults& faults,
               std::uint64_t seeds) {
  run_tally sum;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    strict_world world(setting(spread.k, spread.n, spread.servers), faults, seed);
    world.keeps_maps = seed % 4 != 0;
    int operation = 0;
    for (std::size_t writer = 0; writer < writers; ++writer, operation += 2)
      world.add_writer({operation, operation + 1});
    world.run();
    const auto before = world.tally.acknowledged;
    world.stop_faults();
    world.add_writer({operation});
    world.run();
    const auto& got = world.tally;
    if (got.acknowledged != before + 1)
      sum.broken.push_back("nobody can write when the faults have stopped, seed " + std::to_string(seed) +
                           ", " + std::to_string(spread.k) + " of " + std::to_string(spread.n) + " on " +
                           std::to_string(spread.servers));
    for (const auto& what : got.broken)
      sum.broken.push_back(what + ", seed " + std::to_string(seed) + ", " + std::to_string(spread.k) +
                           " of " + std::to_string(spread.n) + " on " + std::to_string(spread.servers));
    sum.acknowledged += got.acknowledged;
    sum.rounds_lost += got.rounds_lost;
    sum.barriers += got.barriers;
    sum.purged += got.purged;
    sum.resent += got.resent;
    sum.gave_up += got.gave_up;
    sum.most_versions = std::max(sum.most_versions, got.most_versions);
    sum.warm += got.warm;
    sum.stale += got.stale;
  }
  return sum;
}

void expect_nothing_broken(const run_tally& sum) {
  EXPECT_TRUE(sum.broken.empty()) << sum.broken.size() << " times, first: " << sum.broken.front();
}

constexpr strict_faults many{
    .lost = 0.05, .late = 0.5, .twice = 0.05, .crash = 0.02, .break_up = 0.03, .turn_away = 0.2};

} // namespace

TEST(strict_order, one_writer_alone_is_acknowledged_at_once) {
  for (const auto& spread :
       {spread_setting{3, 10, 10}, {2, 3, 3}, {1, 3, 3}, {3, 10, 4}, {3, 10, 1}, {1, 1, 1}}) {
    const auto sum = runs(spread, 1, {}, 20);
    expect_nothing_broken(sum);
    EXPECT_EQ(sum.acknowledged, 60U);
    EXPECT_EQ(sum.rounds_lost, 0U);
    EXPECT_EQ(sum.warm, 15U) << "the second of two operations, of 15 writers that keep maps";
    EXPECT_EQ(sum.barriers, 0U);
    EXPECT_LE(sum.most_versions, 2U) << "what is older than the last goes with the next";
  }
}

TEST(strict_order, a_lone_writer_is_told_of_nobody_whatever_of_its_own_lands_late) {
  run_tally sum;
  for (const auto& spread : {spread_setting{3, 10, 10}, {2, 3, 3}, {1, 3, 3}, {2, 4, 4}, {3, 5, 5}})
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      strict_world world(setting(spread.k, spread.n, spread.servers),
                         {.lost = 0.15, .late = 0.8, .twice = 0.1, .break_up = 0.05}, seed);
      world.add_writer({0, 1, 2, 3, 4, 5});
      world.run();
      sum.barriers += world.tally.barriers;
      for (const auto& what : world.tally.broken)
        sum.broken.push_back(what + ", seed " + std::to_string(seed) + ", on " +
                             std::to_string(spread.servers));
    }
  expect_nothing_broken(sum);
  EXPECT_GT(sum.barriers, 0U);
}

TEST(strict_order, writers_at_the_same_time_lose_nothing) {
  for (const std::size_t writers : {2U, 4U}) {
    const auto sum = runs({3, 10, 10}, writers, {}, 100);
    expect_nothing_broken(sum);
    EXPECT_GT(sum.rounds_lost, 0U);
    EXPECT_GT(sum.barriers, 0U);
  }
}

TEST(strict_order, nothing_acknowledged_is_lost_whatever_the_network_and_the_writers_do) {
  for (const auto& spread :
       {spread_setting{3, 10, 10}, {2, 3, 3}, {1, 3, 3}, {2, 4, 4}, {3, 5, 5}, {3, 10, 4}, {3, 10, 1}}) {
    const auto sum = runs(spread, 3, many, 200);
    expect_nothing_broken(sum);
    EXPECT_GT(sum.acknowledged, 200U);
    EXPECT_GT(sum.rounds_lost, 0U);
    EXPECT_GT(sum.warm, sum.stale);
    EXPECT_GT(sum.stale, 0U);
  }
}

TEST(strict_order, damaged_shares_that_a_repair_deletes_cost_nothing_and_leave_room) {
  for (const auto& spread : {spread_setting{3, 10, 10}, {3, 7, 7}, {4, 10, 10}}) {
    run_tally sum;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      auto faults = many;
      faults.rot = 0.3;
      strict_world world(setting(spread.k, spread.n, spread.servers, 1), faults, seed);
      world.clears_damaged = true;
      for (int writer = 0; writer < 3; ++writer)
        world.add_writer({2 * writer, 2 * writer + 1});
      world.run();
      const auto before = world.tally.acknowledged;
      world.stop_faults();
      world.add_writer({6});
      world.run();
      if (world.tally.acknowledged != before + 1)
        sum.broken.push_back("nobody can write when the faults have stopped, seed " + std::to_string(seed));
      for (const auto& what : world.tally.broken)
        sum.broken.push_back(what + ", seed " + std::to_string(seed) + ", on " +
                             std::to_string(spread.servers));
      sum.acknowledged += world.tally.acknowledged;
      sum.rotten += world.tally.rotten;
    }
    expect_nothing_broken(sum);
    EXPECT_GT(sum.acknowledged, 100U);
    EXPECT_GT(sum.rotten, 100U);
  }
}

TEST(strict_order, a_repairs_message_tests_all_that_was_seen_of_what_it_deletes) {
  auto of = setting(3, 10, 10);
  strict_task task{slot_map(of), {}, seal_at};
  task.clear_damaged = true;
  const auto damaged = sealed_share_of(version(7), share(9), bytes(32));
  for (std::uint8_t i = 0; i < 10; ++i)
    task.known.know(server(i), {{share(i), sealed_share{version(7), {}}}});
  task.known.know(server(3),
                  {{share(3), sealed_share{version(7), {}}}, {share(9), bad_share{damaged, "rot"}}});
  publish_request request;
  request.version = version(8);
  request.servers = of.servers();
  auto loop =
      publish_loop::start(std::move(request), std::make_unique<strict_order>(std::move(task))).value();
  share_contents encoded;
  for (std::uint8_t i = 0; i < 10; ++i)
    encoded[share(i)] = whole_share(shared_bytes(sealed_share_of(version(8), share(i), bytes(32))));
  std::size_t deletes = 0;
  const auto sent = loop.step();
  for (const auto& message : sent.writes) {
    const auto built = build_message(message, encoded, {}, {}).value();
    for (const auto& change : built.changes)
      if (change.new_length == 0U && !change.tests.front().specimen.empty()) {
        ++deletes;
        EXPECT_EQ(message.server, server(3));
        EXPECT_EQ(change.share, share(9));
        EXPECT_TRUE(equal(change.tests.front().specimen.view(), damaged))
            << "the same version may have been put there well since: that must not go";
      }
  }
  EXPECT_EQ(deletes, 1U);
}

TEST(strict_order, R8_filling_in_sends_to_those_who_missed_it_and_retires_there) {
  auto of = setting(3, 10, 10);
  const auto of_old = share_seal{};
  strict_task task{slot_map(of), seal_of(bytes(32, std::byte{9})), seal_at};
  task.fill_in = true;
  for (std::uint8_t i = 0; i < 10; ++i) {
    slot_contents slot{{share(i), sealed_share{version(6), of_old}}};
    if (i < 8)
      slot.emplace(share(static_cast<std::uint8_t>(i + 1)), sealed_share{version(7), task.seal});
    task.known.know(server(i), slot);
  }
  publish_request request;
  request.version = version(7);
  request.same_version = true;
  request.map = servermap(map_mode::repair);
  for (const auto& [server, slot] : task.known.slots())
    for (const auto& [number, share] : slot)
      request.map.add_share({server, number}, *version_of(share));
  request.servers = of.servers();
  auto unconfirmed = task;
  unconfirmed.known.know(server(0), {{share(0), sealed_share{version(6), of_old}}});
  EXPECT_FALSE(publish_loop::start(request, std::make_unique<strict_order>(unconfirmed)))
      << "seven servers do not confirm it, and it must not come to be confirmed by this";
  auto loop = publish_loop::start(std::move(request), std::make_unique<strict_order>(task)).value();
  const auto sent = loop.step().writes;
  ASSERT_EQ(sent.size(), 2U);
  for (const auto& message : sent) {
    EXPECT_TRUE(message.server == server(8) || message.server == server(9));
    EXPECT_EQ(message.shares.size(), 10U) << "the whole slot is tested";
    EXPECT_EQ(message.shares.front().step, share_step::write);
    EXPECT_EQ(message.shares.back().step, share_step::remove);
  }
  loop.on_write(sent[0].id, outcome(write_outcome_kind::written));
  EXPECT_FALSE(loop.step().finished) << "it goes to all";
  loop.on_write(sent[1].id, outcome(write_outcome_kind::unknown));
  EXPECT_TRUE(loop.step().finished);
  EXPECT_EQ(loop.end(), publish_end::published) << "it was confirmed before";
  EXPECT_EQ(loop.report().strict->confirming, 9U);
  EXPECT_EQ(loop.report().servers, 9U) << "the version as it stands";
}

TEST(strict_order, what_it_leaves_has_its_message_on_servers_whose_answer_is_out) {
  auto of = setting(3, 10, 10);
  strict_task task{slot_map(of), seal_of(bytes(32, std::byte{9})), seal_at};
  for (std::uint8_t i = 0; i < 10; ++i)
    task.known.know(server(i), {{share(i), sealed_share{version(7), {}}}});
  publish_request request;
  request.version = version(8);
  request.servers = of.servers();
  auto loop =
      publish_loop::start(std::move(request), std::make_unique<strict_order>(std::move(task))).value();
  const auto sent = loop.step();
  EXPECT_FALSE(loop.report().strict->left) << "nothing is confirmed yet";
  for (std::size_t i = 0; i < 8; ++i)
    loop.on_write(sent.writes[i].id, outcome(write_outcome_kind::written));
  EXPECT_TRUE(loop.step().finished);
  const auto report = loop.report();
  ASSERT_TRUE(report.ok() && report.strict->left);
  EXPECT_EQ(report.strict->left->showing(version(8)).size(), 10U);
  EXPECT_EQ(report.strict->left->showing(version(7)).size(), 10U) << "it goes with the next message";
  EXPECT_TRUE(strict::may_begin_on(*report.strict->left));
}
