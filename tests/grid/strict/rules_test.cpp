#include "truckee/grid/strict/rules.hpp"

#include "grid/model_grid.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using truckee::test::server;
using truckee::test::share;
using truckee::test::version;

namespace {

strict_setting setting(std::uint8_t k, std::uint8_t n, std::size_t servers, std::uint8_t rounds = 1,
                       std::uint8_t liars = 0) {
  strict_choice choice{k, n, {}, liars, rounds};
  for (std::size_t i = 0; i < servers; ++i)
    choice.servers.push_back(server(static_cast<std::uint8_t>(i)));
  return strict_setting::make(std::move(choice)).value();
}

/// A map in which servers 0 to `heard` - 1 have answered, with empty slots.
slot_map heard(strict_setting of, std::size_t heard) {
  slot_map out(std::move(of));
  for (std::size_t i = 0; i < heard; ++i)
    out.know(server(static_cast<std::uint8_t>(i)), {});
  return out;
}

void put(slot_map& map, std::size_t on, std::size_t number, const held_share& what) {
  const auto id = server(static_cast<std::uint8_t>(on));
  auto slot = map.slots().contains(id) ? map.slots().at(id) : slot_contents{};
  slot[share(number)] = what;
  map.know(id, std::move(slot));
}
void put(slot_map& map, std::size_t on, std::size_t number, const file_version& what) {
  put(map, on, number, sealed_share{what, {}});
}

/// Share i on server i, for the servers from `first` to `last`.
void fill(slot_map& map, const file_version& what, std::size_t first, std::size_t last,
          std::size_t rotation = 0) {
  for (std::size_t i = first; i <= last; ++i)
    put(map, i, (i + rotation) % map.setting().n(), what);
}

std::set<server_id> servers(std::size_t first, std::size_t last) {
  std::set<server_id> out;
  for (std::size_t i = first; i <= last; ++i)
    out.insert(server(static_cast<std::uint8_t>(i)));
  return out;
}

bool stands(const slot_map& map, const std::set<server_id>& sealed) {
  return strict::barrier_stands(map, sealed, strict::newer_partials(map));
}

bad_share rot(const file_version& claims) {
  return {pack_prefix(claims), "its signature does not hold"};
}

} // namespace

TEST(warm, begins_on_enough_slots_whose_greatest_version_is_the_confirmed_one) {
  auto left = heard(setting(3, 10, 10), 8);
  fill(left, version(7), 0, 7);
  EXPECT_TRUE(strict::may_begin_on(left));
  auto few = left;
  few.forget(server(0));
  EXPECT_FALSE(strict::may_begin_on(few)) << "seven slots are not enough";
  auto newer = left;
  put(newer, 8, 0, version(8));
  EXPECT_FALSE(strict::may_begin_on(newer)) << "somebody is at work, or dead";
  auto unconfirmed = heard(setting(3, 10, 10), 10);
  fill(unconfirmed, version(7), 0, 6);
  EXPECT_FALSE(strict::may_begin_on(unconfirmed));
  EXPECT_FALSE(strict::may_begin_on(heard(setting(3, 10, 10), 10))) << "there is no base";
}

// -- R1 --

TEST(R1_map, needs_answers_of_as_many_as_confirm) {
  EXPECT_FALSE(strict::enough_answered(heard(setting(3, 10, 10), 7)));
  EXPECT_TRUE(strict::enough_answered(heard(setting(3, 10, 10), 8)));
}

TEST(R1_map, takes_in_servers_of_U_only) {
  auto map = heard(setting(3, 10, 10), 0);
  map.know(server(77), {});
  EXPECT_TRUE(map.slots().empty());
}

TEST(R1_map, waits_for_everybody_where_a_newer_partial_shows) {
  auto map = heard(setting(3, 10, 10), 8);
  fill(map, version(1), 0, 7);
  EXPECT_TRUE(strict::may_cut_short(map));
  put(map, 3, 9, version(2));
  EXPECT_FALSE(strict::may_cut_short(map));
}

TEST(R1_map, waits_for_everybody_where_there_is_no_room_beside_what_is_there) {
  auto map = heard(setting(3, 10, 6), 5); // five confirm
  EXPECT_TRUE(strict::may_cut_short(map));
  for (std::uint64_t number = 1; number <= 5; ++number) {
    const auto two = 2 * (number - 1);
    for (const std::size_t full : {0U, 1U}) {
      put(map, full, two, version(number));
      put(map, full, two + 1, version(number));
    }
    put(map, 2, (two + 2) % 10, version(number));
  }
  EXPECT_TRUE(strict::newer_partials(map).empty()) << "all can be read, and none is on five";
  EXPECT_FALSE(strict::has_room(map));
  EXPECT_FALSE(strict::may_cut_short(map)) << "what the sixth shows tells which can never be confirmed";
}

// -- R2 --

TEST(R2_base, is_the_greatest_recoverable) {
  auto map = heard(setting(3, 10, 10), 10);
  EXPECT_FALSE(strict::base(map));
  fill(map, version(1), 0, 9);
  fill(map, version(2), 0, 2, 1);
  fill(map, version(3), 3, 4, 1);
  EXPECT_EQ(strict::base(map), version(2));
  EXPECT_EQ(strict::newer_partials(map), std::vector{version(3)});
}

TEST(R2_base, counts_numbers_and_not_shares) {
  auto map = heard(setting(3, 10, 10), 10);
  for (std::size_t on = 0; on < 5; ++on)
    put(map, on, 4, version(1));
  EXPECT_FALSE(strict::base(map));
}

// -- R3 --

TEST(R3_number, is_above_everything_seen) {
  auto map = heard(setting(3, 10, 10), 10);
  EXPECT_EQ(strict::next_number(map), sequence_number{1});
  fill(map, version(7), 0, 9);
  EXPECT_EQ(strict::next_number(map), sequence_number{8});
  put(map, 2, 9, version(9));
  EXPECT_EQ(strict::next_number(map), sequence_number{10}) << "of a partial version";
  put(map, 3, 9, rot(version(12)));
  EXPECT_EQ(strict::next_number(map), sequence_number{13}) << "of what does not verify";
  put(map, 4, 4, sealed_share{version(7), {}, writer_note{{}, 0, {20}}});
  EXPECT_EQ(strict::next_number(map), sequence_number{21}) << "reserved";
}

TEST(R3_number, is_not_led_far_away_by_what_nobody_signed) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(7), 0, 9);
  put(map, 3, 9, rot(version(1008)));
  EXPECT_EQ(strict::next_number(map), sequence_number{8});
  put(map, 3, 9, rot(version(1007)));
  EXPECT_EQ(strict::next_number(map), sequence_number{1008});
}

TEST(R3_number, may_not_be_left) {
  auto map = heard(setting(3, 10, 10), 10);
  put(map, 0, 0, version(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_FALSE(strict::next_number(map));
}

TEST(R3_places, turn_until_all_are_free) {
  auto map = heard(setting(3, 10, 10), 10);
  EXPECT_EQ(strict::places(map, servers(0, 9)).at(server(4)), std::vector{share(4)});
  fill(map, version(1), 0, 9);
  EXPECT_EQ(strict::places(map, servers(0, 9)).at(server(4)), std::vector{share(5)});
  put(map, 9, 0, version(2)); // a partial one lies where the first turn would put a share
  EXPECT_EQ(strict::places(map, servers(0, 9)).at(server(4)), std::vector{share(6)});
}

TEST(R3_places, are_on_known_servers_of_those_asked_for) {
  const auto map = heard(setting(3, 10, 10), 9);
  const auto all = strict::places(map, servers(1, 9));
  EXPECT_EQ(all.size(), 8U);
  EXPECT_FALSE(all.contains(server(0)));
  EXPECT_FALSE(all.contains(server(9)));
}

TEST(R3_places, of_few_servers_are_several_each) {
  const auto all = strict::places(heard(setting(3, 10, 4), 4), servers(0, 3));
  EXPECT_EQ(all.at(server(0)), (std::vector{share(0), share(4), share(8)}));
  EXPECT_EQ(all.at(server(3)), (std::vector{share(3), share(7)}));
}

TEST(R3_places, leave_out_a_server_without_room) {
  auto map = heard(setting(3, 10, 10), 10);
  for (std::size_t number = 0; number < 10; ++number)
    put(map, 6, number, version(1));
  const auto all = strict::places(map, servers(0, 9));
  EXPECT_EQ(all.size(), 9U);
  EXPECT_FALSE(all.contains(server(6)));
}

RC_GTEST_PROP(R3_places, are_distinct_free_and_whole, ()) {
  const auto m = static_cast<std::size_t>(*rc::gen::inRange(1, 11));
  auto map = heard(setting(3, 10, m), m);
  const auto occupied = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100));
  for (const auto at : occupied)
    put(map, static_cast<std::size_t>(at) % m, static_cast<std::size_t>(at) / 10, version(1));
  std::set<share_number> numbers;
  for (const auto& [id, given] : strict::places(map, servers(0, 9))) {
    const auto place = static_cast<std::size_t>(id.data[0]);
    RC_ASSERT(given.size() == map.setting().shares_at(place));
    for (const auto number : given) {
      RC_ASSERT(number.value < 10);
      RC_ASSERT(!map.slots().at(id).contains(number));
      RC_ASSERT(numbers.insert(number).second);
    }
  }
}

// -- R4 --

TEST(R4_barrier, is_needed_where_a_newer_partial_shows_or_always_with_two_rounds) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(1), 0, 9);
  EXPECT_FALSE(strict::needs_barrier(map));
  put(map, 0, 9, version(2));
  EXPECT_TRUE(strict::needs_barrier(map));
  EXPECT_TRUE(strict::needs_barrier(heard(setting(3, 10, 10, 2), 10)));
}

TEST(R4_barrier, seals_a_share_of_the_greatest_version_of_a_slot) {
  EXPECT_FALSE(strict::share_to_seal({}));
  slot_contents slot{{share(1), sealed_share{version(1), {}}},
                     {share(2), sealed_share{version(3), {}}},
                     {share(3), rot(version(9))},
                     {share(4), sealed_share{version(2), {}}}};
  EXPECT_EQ(strict::share_to_seal(slot), share(2));
  EXPECT_FALSE(strict::share_to_seal({{share(3), rot(version(9))}}));
}

TEST(R4_barrier, excludes_what_too_few_can_still_take) {
  auto map = heard(setting(3, 10, 10), 10); // 8 confirm
  fill(map, version(1), 0, 9);
  put(map, 0, 9, version(2));
  put(map, 1, 0, version(2));
  EXPECT_TRUE(stands(map, servers(0, 9)));
  EXPECT_TRUE(stands(map, servers(0, 7))) << "2 have it, 2 were not reached: 4 of 8";
  EXPECT_FALSE(stands(map, servers(0, 6))) << "7 are not enough";
}

TEST(R4_barrier, does_not_stand_where_those_not_reached_could_still_confirm) {
  auto map = heard(setting(2, 3, 3), 3); // 2 of 3 confirm
  fill(map, version(1), 0, 2);
  put(map, 0, 1, version(2));
  EXPECT_TRUE(stands(map, servers(0, 2)));
  EXPECT_FALSE(stands(map, servers(0, 1))) << "one has it, and one may take it yet";
}

TEST(R4_barrier, counts_on_liars) {
  auto map = heard(setting(3, 10, 10, 1, 1), 10); // 9 confirm
  fill(map, version(1), 0, 9);
  fill(map, version(2), 0, 1, 1);
  EXPECT_TRUE(strict::excluded(map, servers(0, 9), version(2)));
  auto many = map;
  for (std::size_t on = 2; on < 8; ++on)
    put(many, on, (on + 1) % 10, version(2));
  EXPECT_FALSE(strict::excluded(many, servers(0, 9), version(2))) << "8 show it, and one may lie";
}

// -- R6, R7, R10 --

TEST(R6_retire, what_is_older_than_the_confirmed_one) {
  const slot_contents slot{{share(1), sealed_share{version(1), {}}},
                           {share(2), sealed_share{version(2), {}}},
                           {share(3), sealed_share{version(3), {}}},
                           {share(4), rot(version(1))}};
  EXPECT_EQ(strict::retirable(slot, version(2)), std::vector{share(1)});
}

TEST(R7_purge, keeps_the_base_and_the_confirmed_one) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(1), 0, 9); // confirmed
  fill(map, version(2), 0, 1, 1);
  fill(map, version(3), 2, 4, 1); // can be read: the base
  fill(map, version(4), 5, 6, 1);
  EXPECT_EQ(strict::purgeable(map, servers(0, 9), strict::base(map)), (std::set{version(2), version(4)}));
}

TEST(R7_purge, not_what_may_be_confirmed_yet) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(1), 0, 9);
  fill(map, version(2), 0, 6, 1); // 7 have it; it is the base, and below it
  fill(map, version(3), 7, 9, 1); // the base now
  EXPECT_TRUE(strict::purgeable(map, servers(0, 9), strict::base(map)).contains(version(2)));
  EXPECT_FALSE(strict::purgeable(map, servers(0, 8), strict::base(map)).contains(version(2)))
      << "7 and the one not reached confirm it";
}

TEST(R8_fill_in, only_what_is_confirmed_goes_to_those_who_missed_it) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(6), 0, 9);
  fill(map, version(7), 0, 7, 1); // shares 1 to 8
  const auto places = strict::missing_places(map, version(7));
  ASSERT_EQ(places.size(), 2U);
  std::set<share_number> numbers;
  for (const auto& [server, given] : places) {
    EXPECT_TRUE(server == truckee::test::server(8) || server == truckee::test::server(9));
    for (const auto number : given) {
      EXPECT_FALSE(map.slots().at(server).contains(number)) << "beside what lies there";
      EXPECT_TRUE(numbers.insert(number).second);
    }
  }
  EXPECT_EQ(numbers, (std::set{share(0), share(9)})) << "no number is there twice";
  EXPECT_TRUE(strict::missing_places(map, version(6)).empty()) << "it is not the confirmed one";
}

TEST(R8_fill_in, never_what_is_not_confirmed_for_certain) {
  auto few = heard(setting(3, 10, 10), 10);
  fill(few, version(6), 0, 9);
  fill(few, version(7), 0, 6, 1);
  EXPECT_TRUE(strict::missing_places(few, version(7)).empty()) << "seven of eight";
  auto not_all = heard(setting(3, 10, 10), 9);
  fill(not_all, version(7), 0, 7);
  EXPECT_TRUE(strict::missing_places(not_all, version(7)).empty()) << "who was not heard may have any number";
  auto newer = heard(setting(3, 10, 10), 10);
  fill(newer, version(7), 0, 7);
  put(newer, 8, 0, version(8));
  EXPECT_EQ(strict::missing_places(newer, version(7)).size(), 1U) << "server 8 has something greater";
  auto more = heard(setting(3, 10, 10), 10);
  fill(more, version(7), 0, 7);
  fill(more, version(8), 0, 6, 1);
  put(more, 7, 9, version(9));
  put(more, 8, 8, version(6));
  ASSERT_FALSE(strict::confirmed(more).has_value());
  EXPECT_EQ(strict::missing_places(more, version(7)).size(), 1U)
      << "version 8 may be confirmed yet: who has nothing may have had the message, who has something may "
         "not";
  EXPECT_TRUE(strict::missing_places(more, version(7)).contains(truckee::test::server(9)));
  EXPECT_TRUE(strict::missing_places(more, version(8)).empty()) << "on seven";
  auto damaged = heard(setting(3, 10, 10), 10);
  fill(damaged, version(7), 0, 7);
  put(damaged, 8, 0, rot(version(6)));
  EXPECT_EQ(strict::missing_places(damaged, version(7)).size(), 1U) << "nobody knows what server 8 has";
}

TEST(R8_fill_in, an_empty_slot_gets_what_is_confirmed_though_a_greater_version_may_be_confirmed_yet) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(6), 1, 9);
  fill(map, version(7), 3, 9, 1); // seven of eight; one message more, to the empty slot, would confirm it
  put(map, 2, 5, version(8));     // and may have had 7 before
  ASSERT_FALSE(strict::confirmed(map));
  EXPECT_FALSE(strict::excluded(map, servers(1, 9), version(7))) << "no barrier reaches server 0";
  const auto places = strict::missing_places(map, version(6));
  ASSERT_EQ(places.size(), 1U) << "servers 1 and 2 have it";
  EXPECT_EQ(places.at(server(0)), std::vector{share(0)});
  EXPECT_TRUE(strict::missing_places(map, version(7)).empty());
  put(map, 0, 0, version(6));
  EXPECT_TRUE(strict::excluded(map, servers(0, 9), version(7)));
  auto lesser = heard(setting(3, 10, 10), 10);
  fill(lesser, version(6), 1, 9);
  fill(lesser, version(7), 3, 9, 1);
  put(lesser, 2, 5, version(8));
  put(lesser, 0, 5, version(5));
  EXPECT_TRUE(strict::missing_places(lesser, version(6)).empty()) << "a barrier reaches it as it is";
}

TEST(R7_purge, cannot_make_room_while_an_empty_slot_may_confirm_what_fills_the_others) {
  auto map = heard(setting(3, 10, 10), 10);
  EXPECT_TRUE(strict::can_succeed(map));
  fill(map, version(6), 1, 9);
  for (std::size_t turn = 1; turn < 10; ++turn) {
    EXPECT_TRUE(strict::can_succeed(map)) << "there is room";
    fill(map, version(6 + turn), 3, 9, turn);
  }
  EXPECT_FALSE(strict::can_succeed(map));
  auto filled = map;
  for (const auto& [server, numbers] : strict::missing_places(map, version(6)))
    for (const auto number : numbers)
      filled.know(server, {{number, sealed_share{version(6), {}}}});
  EXPECT_TRUE(strict::can_succeed(filled)) << "the barrier reaches all ten";
  map.forget(server(0));
  EXPECT_FALSE(strict::can_succeed(map)) << "who is silent may have taken any of them";
}

TEST(R4_barrier, cannot_stand_while_an_empty_slot_may_confirm_a_newer_partial) {
  auto map = heard(setting(2, 3, 3), 3);
  fill(map, version(6, 0, 2, 3), 0, 1);
  EXPECT_TRUE(strict::can_succeed(map));
  put(map, 0, 1, version(7, 0, 2, 3)); // its writer has died; on server 2 as well it would be confirmed
  EXPECT_FALSE(strict::can_succeed(map));
  put(map, 2, 2, version(6, 0, 2, 3));
  EXPECT_TRUE(strict::can_succeed(map));
}

TEST(R6_retire, versions_before_the_confirmed_one_and_all_of_a_single_server) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(6), 0, 9);
  EXPECT_TRUE(strict::outdated(map).empty());
  fill(map, version(7), 0, 7, 1);
  EXPECT_EQ(strict::outdated(map), std::set{version(6)});
  auto alone = heard(setting(1, 3, 1), 1);
  put(alone, 0, 0, version(4));
  EXPECT_EQ(strict::outdated(alone), std::set{version(4)});
}

TEST(damaged, is_what_does_not_verify_in_a_format_that_is_read) {
  slot_contents slot{{share(0), sealed_share{version(7), {}}},
                     {share(1), rot(version(8))},
                     {share(2), bad_share{{}, "nothing was seen of it"}},
                     {share(3), bad_share{bytes(75, std::byte{1}), "MDMF, which others may read"}},
                     {share(11), rot(version(8))}};
  EXPECT_EQ(strict::damaged(slot, 10, share_format::sdmf), std::vector{share(1)});
  EXPECT_EQ(strict::damaged(slot, 12, share_format::sdmf), (std::vector{share(1), share(11)}));
}

TEST(R10_numbers, beyond_the_encoding_are_named) {
  const slot_contents slot{{share(9), sealed_share{version(1), {}}}, {share(10), rot(version(1))}};
  EXPECT_EQ(strict::beyond(slot, 10), std::vector{share(10)});
}

// -- reads --

TEST(confirmed_read, is_what_enough_servers_show) {
  auto map = heard(setting(3, 10, 10), 10);
  EXPECT_FALSE(strict::confirmed(map));
  fill(map, version(1), 0, 7);
  EXPECT_EQ(strict::confirmed(map), version(1));
  auto few = heard(setting(3, 10, 10), 10);
  fill(few, version(1), 0, 6);
  EXPECT_FALSE(strict::confirmed(few));
}

TEST(confirmed_read, stays_where_a_greater_one_cannot_be_confirmed) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(1), 0, 9);
  fill(map, version(2), 0, 2, 1);
  EXPECT_EQ(strict::confirmed(map), version(1));
}

TEST(confirmed_read, is_in_doubt_where_a_greater_one_may_be) {
  auto map = heard(setting(3, 10, 10), 9);
  fill(map, version(1), 0, 8);
  fill(map, version(2), 0, 6, 1);
  EXPECT_FALSE(strict::confirmed(map)) << "7 show it, and one was not heard";
}

// On some servers a third version has retired the second.
TEST(confirmed_read, counts_anything_greater_as_having_had_it) {
  auto map = heard(setting(3, 10, 10), 10);
  fill(map, version(1), 0, 9);
  fill(map, version(2), 0, 4, 1);
  fill(map, version(3), 5, 7, 1);
  EXPECT_FALSE(strict::confirmed(map)) << "5 show the second, and 3 something greater";
}
