#include "grid/model_grid.hpp"
#include "truckee/grid/happiness.hpp"
#include "truckee/grid/publish/placement.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

/// By trying every choice; for small sets.
std::size_t happiness_by_search(const std::set<share_place>& places) {
  if (places.empty())
    return 0;
  const auto first = *places.begin();
  auto without = places;
  without.erase(without.begin());
  auto taken = places;
  std::erase_if(taken,
                [&](const share_place& p) { return p.server == first.server || p.share == first.share; });
  return std::max(happiness_by_search(without), 1 + happiness_by_search(taken));
}

std::set<share_place> some_places(int servers, int shares) {
  std::set<share_place> out;
  const auto count = *rc::gen::inRange(0, 12);
  for (int i = 0; i < count; ++i)
    out.insert({server(static_cast<std::uint8_t>(*rc::gen::inRange(0, servers))),
                share(static_cast<std::size_t>(*rc::gen::inRange(0, shares)))});
  return out;
}

} // namespace

RC_GTEST_PROP(happiness, is_the_maximum_matching, ()) {
  const auto places = some_places(5, 5);
  RC_ASSERT(happiness(places) == happiness_by_search(places));
}

TEST(happiness, counts_servers_and_share_numbers_once) {
  std::set<share_place> places;
  for (std::size_t i = 0; i < 10; ++i)
    places.insert({server(0), share(i)});
  EXPECT_EQ(happiness(places), 1U);
  places.clear();
  for (std::uint8_t i = 0; i < 10; ++i)
    places.insert({server(i), share(0)});
  EXPECT_EQ(happiness(places), 1U);
  places.insert({server(3), share(1)});
  EXPECT_EQ(happiness(places), 2U);
}

TEST(placement, preferred_servers_come_first_then_rank) {
  const auto rank = [](std::uint8_t first) {
    placement_rank r;
    r.data[0] = static_cast<std::byte>(first);
    return r;
  };
  const auto order =
      permuted_order({{server(1), rank(9), false}, {server(2), rank(5), false}, {server(3), rank(7), true}});
  EXPECT_EQ(order, (std::vector{server(3), server(2), server(1)}));
}

TEST(placement, a_share_goes_to_the_least_loaded_then_earliest_server) {
  const std::vector order{server(3), server(1), server(2)};
  std::set<share_place> goal;
  EXPECT_EQ(place_share(share(0), goal, order, {})->server, server(3));
  goal.insert({server(3), share(0)});
  EXPECT_EQ(place_share(share(1), goal, order, {})->server, server(1));
  EXPECT_EQ(place_share(share(1), goal, order, {server(1)})->server, server(2));
  EXPECT_EQ(place_share(share(1), goal, order, {server(1), server(2)})->server, server(3)); // wraps
  EXPECT_FALSE(place_share(share(1), goal, order, {server(1), server(2), server(3)}));
}

RC_GTEST_PROP(placement, places_for_happiness_reach_what_can_be_reached, ()) {
  const auto goal = some_places(4, 6);
  const auto happy = static_cast<std::size_t>(*rc::gen::inRange(1, 7));
  const std::vector order{server(0), server(1), server(2), server(3), server(4)};
  std::set<server_id> bad;
  if (*rc::gen::arbitrary<bool>())
    bad.insert(server(4));
  auto grown = goal;
  for (const auto& place : places_for_happiness(goal, 6, happy, order, bad)) {
    RC_ASSERT(!bad.contains(place.server));
    RC_ASSERT(grown.insert(place).second);
  }
  std::set<share_place> everything = goal;
  for (const auto& id : order)
    for (std::size_t i = 0; i < 6 && !bad.contains(id); ++i)
      everything.insert({id, share(i)});
  RC_ASSERT(happiness(grown) >= std::min(happy, happiness(everything)));
}

TEST(servermap, best_is_the_greatest_recoverable_version) {
  model_grid g(10);
  g.fill(version(1));
  for (std::size_t i = 0; i < 2; ++i)
    g.put(i, i, version(3));
  for (std::size_t i = 3; i < 6; ++i)
    g.put(i, i, version(2, 9));
  const auto map = g.map();
  EXPECT_EQ(map.best(), version(2, 9));
  EXPECT_EQ(map.highest_sequence().value, 3U);
  EXPECT_EQ(map.newer_unrecoverable(), std::vector{version(3)});
  EXPECT_EQ(map.recoverable_versions(), (std::vector{version(1), version(2, 9)}));
}

TEST(servermap, copies_of_one_share_number_count_once) {
  model_grid g(10);
  for (std::size_t i = 0; i < 10; ++i)
    g.put(i, 0, version(1));
  EXPECT_FALSE(g.map().best());
  EXPECT_EQ(g.map().summary().health, file_health::unrecoverable);
}

TEST(servermap, healthy_is_one_version_with_all_its_shares_and_nothing_else) {
  model_grid g(11);
  g.fill(version(1));
  EXPECT_EQ(g.map().summary().health, file_health::healthy);
  g.put(10, 0, version(1)); // a second copy does no harm
  EXPECT_EQ(g.map().summary().health, file_health::healthy);
  g.put(10, 0, version(2));
  EXPECT_EQ(g.map().summary().health, file_health::recoverable);
  g.slots.at(g.order[10]).shares.clear();
  auto map = g.map();
  map.mark_bad({server(0), share(0)}, as_bytes("x"), "block hash");
  EXPECT_EQ(map.summary().health, file_health::recoverable);
  EXPECT_EQ(map.summary().bad.at(0).second, "block hash");
  EXPECT_EQ(map.summary().versions.at(0).distinct_shares, 9U);
}

TEST(servermap, bad_shares_keep_at_most_75_bytes) {
  servermap map;
  map.mark_bad({server(0), share(0)}, bytes(4000), "x");
  EXPECT_EQ(map.bad_shares().begin()->second.seen.size(), 75U);
}

TEST(servermap, a_failed_server_has_no_known_shares) {
  model_grid g(10);
  g.fill(version(1));
  auto map = g.map();
  map.set_failed(server(0), "timeout");
  EXPECT_TRUE(map.shares_on(server(0)).empty());
  EXPECT_EQ(map.summary().servers_failed, 1U);
  EXPECT_EQ(map.summary().servers_answered, 9U);
}
