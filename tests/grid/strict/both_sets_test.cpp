#include "grid/strict/stages.hpp"
#include "grid/strict/strict_world.hpp"
#include "truckee/grid/strict/rules.hpp"
#include "truckee/grid/strict/standing.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

const exchange_spread one_of_three{1, 3, 3}; // H = 3
const exchange_spread two_of_three{2, 3, 3}; // H = 2
const exchange_spread ten_on_four{3, 10, 4}; // H = 4, with several shares on a server
const std::vector<exchange_spread> all_spreads{one_of_three, two_of_three, ten_on_four, {1, 2, 2},
                                               {3, 5, 3},    {2, 4, 4},    {3, 10, 10}, {3, 10, 10, 1}};

constexpr std::uint8_t leaving = 1; // the one at the second place
constexpr std::uint8_t coming = 100;

/// A share of it on each of these servers, by place.
void hold(slot_map& slots, const file_version& version, const std::vector<std::uint8_t>& servers,
          std::size_t turned = 0) {
  for (const auto number : servers) {
    const auto found = slots.slots().find(server(number));
    auto slot = found == slots.slots().end() ? slot_contents{} : found->second;
    const auto at = (slots.setting().place_of(server(number)).value() + turned) % slots.setting().n();
    slot.emplace(share(static_cast<std::uint8_t>(at)), sealed_share{version, {}});
    slots.know(server(number), slot);
  }
}

/// Writers of this setting signed a server's shares.
void note(slot_map& slots, const server_id& server, const setting_hash& setting) {
  auto slot = slots.slots().at(server);
  for (auto& [number, held] : slot)
    std::get<sealed_share>(held).note = writer_note{setting, 0, {}};
  slots.know(server, slot);
}

slot_map held(const strict_setting& setting, const file_version& version,
              const std::vector<std::uint8_t>& servers) {
  slot_map out(setting);
  for (const auto& each : setting.all_servers())
    out.know(each, {});
  hold(out, version, servers);
  return out;
}

file_version small(std::uint64_t sequence, std::uint8_t root = 0) {
  return version(sequence, root, 2, 3);
}

} // namespace

TEST(both_sets, one_server_differs_and_both_are_written) {
  const auto second = stage_setting(two_of_three, 2);
  ASSERT_TRUE(second.shared());
  EXPECT_EQ(second.shared()->deciding, server(leaving));
  EXPECT_EQ(second.shared()->other, server(coming));
  EXPECT_EQ(stage_setting(two_of_three, 3).shared()->deciding, server(coming));
  EXPECT_EQ(second.places(), 3U);
  EXPECT_EQ(second.all_servers().size(), 4U);
  EXPECT_EQ(second.place_of(server(coming)), 1U);
  EXPECT_FALSE(second.place_of(server(50)));
  std::set<setting_hash> hashes;
  for (int stage = 1; stage <= 4; ++stage)
    hashes.insert(hash_of(stage_setting(two_of_three, stage)));
  EXPECT_EQ(hashes.size(), 4U) << "R11 tells the stages apart";
}

TEST(both_sets, other_differences_are_refused_and_servers_behind_the_first_n_do_not_matter) {
  auto choice = stage_choice(two_of_three, 2);
  choice.others[0] = server(101);
  EXPECT_FALSE(strict_setting::make(choice)) << "two differ";
  choice = stage_choice(two_of_three, 2);
  choice.others[1] = server(2);
  EXPECT_FALSE(strict_setting::make(choice)) << "it has a place already";
  choice = stage_choice(two_of_three, 2);
  choice.others.pop_back();
  EXPECT_FALSE(strict_setting::make(choice));
  choice = stage_choice({1, 3, 3}, 2);
  choice.rounds = 2;
  EXPECT_FALSE(strict_setting::make(choice)) << "not proved";
  choice = stage_choice({1, 3, 5}, 2);
  std::swap(choice.servers[1], choice.servers[4]);
  std::swap(choice.others[1], choice.others[4]);
  const auto far = strict_setting::make(choice).value();
  EXPECT_FALSE(far.shared()) << "this file is on three others";
  choice.others = {};
  EXPECT_EQ(hash_of(far), hash_of(strict_setting::make(choice).value())) << "and its setting never changes";
}

TEST(both_sets, R1_and_R5_need_as_many_of_each_set) {
  const auto setting = stage_setting(one_of_three, 2);
  const auto enough = [&](std::vector<std::uint8_t> servers) {
    std::set<server_id> set;
    for (const auto number : servers)
      set.insert(server(number));
    return setting.confirmed_by(set);
  };
  EXPECT_TRUE(enough({0, leaving, 2, coming}));
  EXPECT_FALSE(enough({0, leaving, 2}));
  EXPECT_FALSE(enough({0, 2, coming}));
  const auto looser = stage_setting(two_of_three, 2);
  EXPECT_TRUE(looser.confirmed_by(std::set{server(0), server(2)})) << "two of each set";
  EXPECT_FALSE(looser.confirmed_by(std::set{server(0), server(leaving)})) << "one of the new set only";
  EXPECT_TRUE(looser.confirmed_by(std::set{server(0), server(leaving), server(coming)}));
}

TEST(both_sets, R2_the_deciding_set_alone_tells_what_is_recoverable) {
  const std::vector<std::uint8_t> on_the_new{0, coming};
  const std::vector<std::uint8_t> on_the_old{0, leaving};
  for (const auto& [stage, by_old] : {std::pair(2, true), {3, false}}) {
    const auto setting = stage_setting(two_of_three, stage);
    EXPECT_EQ(strict::base(held(setting, small(7), on_the_old)).has_value(), by_old) << stage;
    EXPECT_EQ(strict::base(held(setting, small(7), on_the_new)).has_value(), !by_old) << stage;
    auto slots = held(setting, small(6), {0, leaving, 2, coming});
    hold(slots, small(7), {coming}, 1);
    EXPECT_EQ(strict::newer_partials(slots).size(), 1U) << "wherever it is seen";
    EXPECT_EQ(strict::next_number(slots)->value, 8U);
  }
}

TEST(both_sets, R3_who_shares_a_place_gets_the_same_numbers) {
  for (const auto& spread : all_spreads) {
    const auto setting = stage_setting(spread, 2);
    auto slots = held(setting, version(7, 0, spread.k, spread.n), {});
    std::set<server_id> all;
    for (const auto& [server, slot] : slots.slots())
      all.insert(server);
    // A free turn, and then none: what lies at the leaving server must not be in the coming one's way only.
    for (const bool in_the_way : {false, true}) {
      if (in_the_way && spread.n > spread.servers)
        break;
      if (in_the_way)
        for (std::uint8_t i = 0; i < spread.servers; ++i)
          slots.know(server(i), {{share(i), sealed_share{version(7, 0, spread.k, spread.n), {}}}});
      const auto got = strict::places(slots, all);
      ASSERT_EQ(got.size(), spread.servers + 1U);
      EXPECT_EQ(got.at(server(leaving)), got.at(server(coming)));
      for (const auto& set : {setting.servers(), stage_setting(spread, 4).servers()}) {
        std::set<share_number> numbers;
        std::size_t count = 0;
        for (const auto& server : set) {
          count += got.at(server).size();
          numbers.insert(got.at(server).begin(), got.at(server).end());
        }
        EXPECT_EQ(numbers.size(), count) << "of each set no two servers have one number";
      }
    }
  }
}

TEST(both_sets, R3_a_number_must_be_free_at_both_who_share_a_place) {
  auto slots = held(stage_setting(two_of_three, 2), small(7), {});
  slots.know(server(coming), {{share(0), sealed_share{small(6), {}}}});
  slots.know(server(leaving), {{share(1), sealed_share{small(6), {}}}});
  std::set<server_id> all;
  for (const auto& [server, slot] : slots.slots())
    all.insert(server);
  const auto got = strict::places(slots, all);
  EXPECT_EQ(got.at(server(leaving)), std::vector{share(2)});
  EXPECT_EQ(got.at(server(coming)), std::vector{share(2)});
  EXPECT_EQ(got.size(), 4U);
}

TEST(both_sets, R4_beside_a_stage_that_counts_one_set_that_one_excludes) {
  const auto setting = stage_beside(one_of_three, 2, 1);
  EXPECT_TRUE(setting.counts_alone());
  auto slots = held(setting, version(6, 0, 1, 3), {0, leaving, 2, coming});
  const auto partial = version(7, 0, 1, 3);
  slots.know(server(coming), {{share(1), sealed_share{partial, {}}}});
  const std::set sealed{server(0), server(leaving), server(2)};
  EXPECT_EQ(strict::servers_to_seal(slots), sealed) << "the coming one counts for nobody's exclusion";
  EXPECT_TRUE(strict::excluded(slots, sealed, partial));
  EXPECT_FALSE(strict::excluded(slots, {server(coming)}, partial));
  EXPECT_TRUE(strict::barrier_stands(slots, sealed, {partial}));
  EXPECT_EQ(strict::behind_barrier(slots, sealed).size(), 4U);
  hold(slots, partial, {0, leaving, 2}, 1);
  EXPECT_FALSE(strict::excluded(slots, sealed, partial)) << "somebody may have been told of it";
  slots.forget(server(coming));
  EXPECT_FALSE(strict::barrier_stands(slots, sealed, {})) << "the write reaches two of the new set";
}

TEST(both_sets, R4_beside_a_stage_that_counts_both_either_excludes_once_it_is_seen_at_work) {
  const auto setting = stage_beside(one_of_three, 2, 3);
  EXPECT_FALSE(setting.counts_alone());
  auto slots = held(setting, version(6, 0, 1, 3), {0, leaving, 2, coming});
  const auto partial = version(7, 0, 1, 3);
  hold(slots, partial, {0, leaving, 2}, 1);
  const auto all = strict::servers_to_seal(slots);
  EXPECT_EQ(all.size(), 4U);
  EXPECT_FALSE(strict::excluded(slots, all, partial)) << "somebody may count the old set alone yet";
  note(slots, server(2), hash_of(stage_setting(one_of_three, 3)));
  EXPECT_TRUE(strict::excluded(slots, all, partial)) << "the coming one has not taken it, and never will";
  EXPECT_FALSE(strict::excluded(slots, {server(0), server(leaving), server(2)}, partial));
}

TEST(both_sets, a_server_that_has_just_come_keeps_nobody_from_writing) {
  for (const int neighbour : {1, 3}) {
    const auto setting = stage_beside(one_of_three, 2, neighbour);
    EXPECT_TRUE(strict::can_succeed(held(setting, version(6, 0, 1, 3), {0, leaving, 2})));
    auto dead = held(setting, version(6, 0, 1, 3), {0, leaving, 2});
    auto slot = dead.slots().at(server(0));
    slot.erase(share(0));
    slot.emplace(share(1), sealed_share{version(7, 0, 2, 3), {}});
    dead.know(server(0), slot);
    EXPECT_TRUE(strict::needs_barrier(dead));
    EXPECT_TRUE(strict::can_succeed(dead)) << "the empty slot is none of the barrier's business";
  }
}

TEST(both_sets, R6_and_reads_go_by_what_is_confirmed_for_somebody_who_may_write) {
  const auto old = version(6, 0, 1, 3);
  const auto next = version(7, 0, 1, 3);
  const auto on_the_old_set = [&](int neighbour) {
    auto slots = held(stage_beside(one_of_three, 2, neighbour), old, {0, leaving, 2, coming});
    hold(slots, next, {0, leaving, 2}, 1);
    return slots;
  };
  const auto beside_the_first = on_the_old_set(1);
  EXPECT_EQ(strict::confirmed(beside_the_first), next);
  EXPECT_EQ(strict::outdated(beside_the_first), std::set{old}) << "else the old set would fill with them";
  EXPECT_FALSE(beside_the_first.setting().confirmed_by(beside_the_first.showing(next)))
      << "nobody of this stage is told so";
  const auto given = strict::missing_places(beside_the_first, next);
  ASSERT_EQ(given.size(), 1U) << "R8: nobody goes by what the coming server shows";
  EXPECT_EQ(given.at(server(coming)), std::vector{share(2)});

  auto beside_the_third = on_the_old_set(3);
  EXPECT_FALSE(strict::confirmed(beside_the_third));
  EXPECT_TRUE(strict::outdated(beside_the_third).empty()) << "the new set has nothing else";
  EXPECT_TRUE(strict::missing_places(beside_the_third, next).empty())
      << "somebody of the third may have ruled it out";
  note(beside_the_third, server(2), hash_of(stage_setting(one_of_three, 3)));
  EXPECT_EQ(strict::confirmed(beside_the_third), old) << "the coming server shows that the other never was";
}

TEST(both_sets, R8_what_one_of_a_place_missed_is_made_of_the_others_numbers) {
  auto slots = held(stage_setting(two_of_three, 2), small(7), {0, leaving, 2});
  const auto got = strict::missing_places(slots, small(7));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got.at(server(coming)), std::vector{share(1)});
  auto both = held(stage_setting(two_of_three, 2), small(7), {0, 2});
  EXPECT_EQ(strict::missing_places(both, small(7)).at(server(coming)), std::vector{share(1)});
  EXPECT_EQ(strict::missing_places(both, small(7)).at(server(leaving)), std::vector{share(1)});
  auto unheard = slots;
  unheard.forget(server(coming));
  EXPECT_TRUE(strict::missing_places(unheard, small(7)).empty()) << "all of both sets must be heard";
}

TEST(both_sets, a_file_is_healthy_when_both_sets_have_all_of_it) {
  const auto setting = stage_setting(one_of_three, 2);
  const writer_note own{hash_of(setting), 0, {}};
  slot_map slots(setting);
  for (const auto& each : setting.all_servers())
    slots.know(each, {{share(static_cast<std::uint8_t>(*setting.place_of(each))),
                       sealed_share{version(7, 0, 1, 3), {}, own}}});
  EXPECT_TRUE(standing_of(slots).healthy);
  EXPECT_NE(describe(standing_of(slots), setting).find("is on 3 of 3 servers of each set, 3 needed"),
            std::string::npos);
  slots.know(server(coming), {});
  EXPECT_FALSE(standing_of(slots).healthy);
  EXPECT_TRUE(standing_of(slots).mendable);
  EXPECT_EQ(standing_of(slots).on, 2U);
}

// -- writers of several stages --

namespace {

constexpr strict_faults many{
    .lost = 0.05, .late = 0.5, .twice = 0.05, .crash = 0.02, .break_up = 0.03, .turn_away = 0.2};

struct rollout_tally {
  std::size_t acknowledged = 0;
  std::size_t rounds_lost = 0;
  std::size_t barriers = 0;
  std::vector<std::string> broken;

  void add(const run_tally& got, const std::string& where) {
    acknowledged += got.acknowledged;
    rounds_lost += got.rounds_lost;
    barriers += got.barriers;
    for (const auto& what : got.broken)
      broken.push_back(what + where);
  }
};

std::string where(const exchange_spread& spread, std::uint64_t seed) {
  return ", seed " + std::to_string(seed) + ", " + std::to_string(spread.k) + " of " +
         std::to_string(spread.n) + " on " + std::to_string(spread.servers);
}

/// Writers by the two settings in turn.
void meet(strict_world& world, const strict_setting& one, const strict_setting& other, int writers,
          int& operation) {
  for (int writer = 0; writer < writers; ++writer, operation += 2)
    world.add_writer({operation, operation + 1}, writer % 2 == 0 ? one : other);
  world.run();
}

void must_be_acknowledged(strict_world& world, const strict_setting& by, int operations, int& operation) {
  const auto before = world.tally.acknowledged;
  std::vector<int> wanted;
  for (int i = 0; i < operations; ++i)
    wanted.push_back(operation++);
  world.add_writer(std::move(wanted), by);
  world.run();
  if (world.tally.acknowledged != before + static_cast<std::size_t>(operations))
    world.tally.broken.emplace_back("nobody can write when the faults have stopped");
}

/// As a repair leaves a file: everybody has what is confirmed, and nothing is older than the version before.
void repair(strict_world& world, const strict_setting& by, int& operation) {
  world.keeps_maps = false;
  must_be_acknowledged(world, by, 2, operation);
  world.fill_in(by);
  must_be_acknowledged(world, by, 2, operation);
  world.keeps_maps = true;
}

/// On a file of the one, and then, without faults, one writer of each who must be acknowledged.
void together(const strict_setting& one, const strict_setting& other, const std::string& where,
              std::uint64_t seed, rollout_tally& out) {
  strict_world world(one, many, seed);
  world.keeps_maps = seed % 4 != 0;
  int operation = 0;
  meet(world, one, other, 4, operation);
  world.stop_faults();
  // What one of them left on one set only, the other can rule out; then both can write.
  for (const auto* each : {&other, &one}) {
    world.add_writer({operation++}, *each);
    world.run();
  }
  for (const auto* each : {&other, &one})
    must_be_acknowledged(world, *each, 1, operation);
  out.add(world.tally, where);
}

rollout_tally stages_together(int one, int other, const std::vector<exchange_spread>& spreads,
                              std::uint64_t seeds) {
  rollout_tally out;
  for (const auto& spread : spreads)
    for (std::uint64_t seed = 1; seed <= seeds; ++seed)
      together(stage_beside(spread, one, other), stage_beside(spread, other, one), where(spread, seed), seed,
               out);
  return out;
}

void expect_nothing_broken(const rollout_tally& sum) {
  EXPECT_TRUE(sum.broken.empty()) << sum.broken.size() << " times, first: " << sum.broken.front();
}

} // namespace

TEST(both_sets, writers_of_neighbouring_stages_lose_nothing_together) {
  for (const auto& [one, other] : {std::pair(1, 2), {2, 3}, {3, 4}, {2, 1}, {3, 2}, {4, 3}}) {
    const auto sum = stages_together(one, other, all_spreads, 20);
    expect_nothing_broken(sum);
    EXPECT_GT(sum.acknowledged, 1000U);
    EXPECT_GT(sum.rounds_lost, 0U);
    EXPECT_GT(sum.barriers, 0U);
  }
}

// While all writers of the second stage come to name the third as their neighbour, and those of the third the fourth.
TEST(both_sets, writers_of_one_stage_with_either_neighbour_lose_nothing_together) {
  for (const int stage : {2, 3}) {
    rollout_tally sum;
    for (const auto& spread : all_spreads)
      for (std::uint64_t seed = 1; seed <= 20; ++seed)
        together(stage_beside(spread, stage, stage + 1), stage_beside(spread, stage, stage - 1),
                 where(spread, seed), seed, sum);
    expect_nothing_broken(sum);
    EXPECT_GT(sum.acknowledged, 1000U);
  }
}

// Each stage beside the next one, and all files repaired between: some publishes by the later stage, since what is older goes with
// the next; and those of the second stage once more when it names the third as its neighbour.
TEST(both_sets, a_whole_exchange_loses_nothing) {
  rollout_tally sum;
  for (const auto& spread : all_spreads)
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
      strict_world world(stage_setting(spread, 1), many, seed);
      int operation = 0;
      for (int stage = 1; stage < 4; ++stage) {
        world.set_faults(many);
        meet(world, stage_beside(spread, stage, stage + 1), stage_beside(spread, stage + 1, stage), 3,
             operation);
        world.stop_faults();
        world.add_writer({operation++}, stage_beside(spread, stage, stage + 1));
        world.run();
        repair(world, stage_beside(spread, stage + 1, stage), operation);
        repair(world, stage < 3 ? stage_beside(spread, stage + 1, stage + 2) : stage_setting(spread, 4),
               operation); // it refuses nothing
      }
      sum.add(world.tally, where(spread, seed));
    }
  expect_nothing_broken(sum);
  EXPECT_GT(sum.acknowledged, 3000U);
}

// Each names the other as its neighbour, so that R11 does not keep them apart.
TEST(both_sets, stages_that_are_not_neighbours_lose_updates) {
  for (const auto& [one, other] : {std::pair(1, 3), {2, 4}, {1, 4}})
    EXPECT_FALSE(stages_together(one, other, {two_of_three, one_of_three, {1, 2, 2}}, 50).broken.empty())
        << one << " and " << other;
}

TEST(both_sets, R11_stages_that_are_not_neighbours_refuse_each_other) {
  for (int one = 1; one <= 4; ++one)
    for (int other = 1; other <= 4; ++other) {
      const auto setting = stage_setting(two_of_three, one);
      slot_map slots(setting);
      slots.know(
          server(0),
          {{share(0),
            sealed_share{small(7), {}, writer_note{hash_of(stage_setting(two_of_three, other)), 0, {}}}}});
      const auto no = foreign_setting(slots, [](const server_id&) { return "s"; });
      EXPECT_EQ(no.has_value(), one != other) << one << " and " << other;
      slot_map beside(stage_beside(two_of_three, one, other));
      beside.know(server(0), slots.slots().at(server(0)));
      EXPECT_FALSE(foreign_setting(beside, [](const server_id&) { return "s"; }));
    }
}
