#include "grid/model_grid.hpp"
#include "truckee/grid/publish/surprise.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

/// A publish of version 6 on top of 5; server 0 answered the map, server 1 did not.
publish_view view() {
  servermap map(map_mode::write);
  for (std::size_t i = 0; i < 3; ++i)
    map.add_share({server(0), share(i)}, version(5));
  map.set_answered(server(0));
  map.set_failed(server(1), "away");
  return make_view(version(6), map, version(5), {version(5, 77)});
}

const share_place looked{server(0), share(9)};
const share_place away{server(1), share(9)};

verdict judged(const share_place& place, const belief& expected, const belief& found, std::size_t seen = 1) {
  return judge(view(), place, expected, found, seen);
}

} // namespace

TEST(surprise, our_new_version_is_fine) {
  EXPECT_EQ(judged(looked, no_share{}, version(6)), verdict::ours);
}

TEST(surprise, what_the_map_says_is_there_is_fine) {
  EXPECT_EQ(judged(looked, version(5), version(5)), verdict::expected);
  EXPECT_EQ(judged(looked, no_share{}, no_share{}), verdict::expected);
  const auto prefix = pack_prefix(version(9, 9));
  EXPECT_EQ(judged(looked, bad_share{prefix, "signature"}, version(9, 9)), verdict::expected);
  EXPECT_EQ(judged(looked, bad_share{to_bytes(as_bytes("x")), ""},
                   bad_share{to_bytes(as_bytes("x")), "other words"}),
            verdict::expected);
}

TEST(surprise, damage_is_stale) {
  EXPECT_EQ(judged(looked, version(5), bad_share{to_bytes(as_bytes("x")), ""}), verdict::stale);
  EXPECT_EQ(judged(looked, version(5), no_share{}), verdict::stale);
}

TEST(surprise, what_this_writer_sent_before_is_stale) {
  EXPECT_EQ(judged(looked, no_share{}, version(5, 77)), verdict::stale);
}

TEST(surprise, the_version_we_build_on_and_older_ones_are_stale) {
  for (const auto& place : {looked, away})
    for (const auto& found : {version(5), version(4, 9), version(1)})
      EXPECT_EQ(judged(place, no_share{}, found), verdict::stale);
}

TEST(surprise, older_than_what_the_place_held_is_stale) {
  auto above = view();
  above.ours = version(9);
  EXPECT_EQ(judge(above, looked, version(8), version(7), 1), verdict::stale);
  // But nothing as new as ours is ever let pass. Found by the simulation: a server restored from a backup.
  EXPECT_EQ(judge(above, looked, version(9, 9), version(9, 5), 1), verdict::conflict);
}

TEST(surprise, same_or_higher_on_a_server_that_answered_is_a_conflict) {
  EXPECT_EQ(judged(looked, version(5), version(5, 200)), verdict::conflict);
  EXPECT_EQ(judged(looked, no_share{}, version(6, 9)), verdict::conflict);
  EXPECT_EQ(judged(looked, version(5), version(7)), verdict::conflict);
}

TEST(surprise, same_or_higher_where_we_could_not_look_is_hidden) {
  EXPECT_EQ(judged(away, no_share{}, version(6, 9)), verdict::hidden);
  EXPECT_EQ(judged(away, no_share{}, version(9)), verdict::hidden);
  EXPECT_EQ(judged(away, no_share{}, version(5, 200), 3), verdict::hidden); // readable: must be looked at
  EXPECT_EQ(judged(away, no_share{}, version(5, 200), 2), verdict::stale);  // a leftover
}

TEST(surprise, without_a_base_every_known_version_is_ours_to_replace) {
  servermap map(map_mode::write);
  map.add_share({server(0), share(0)}, version(5));
  map.set_answered(server(0));
  const auto blind = make_view(version(6), map, std::nullopt, {});
  EXPECT_EQ(judge(blind, {server(0), share(4)}, no_share{}, version(5), 1), verdict::stale);
  EXPECT_EQ(judge(blind, {server(0), share(4)}, no_share{}, version(4), 1), verdict::conflict);
}

RC_GTEST_PROP(surprise, a_lone_writer_is_never_told, ()) {
  // While nobody else's message is under way, a server that answered changes by our writes, by damage, or
  // back in time.
  auto v = view();
  const auto held =
      version(static_cast<std::uint64_t>(*rc::gen::inRange(1, 6)), *rc::gen::inRange<std::uint8_t>(1, 9));
  const auto back =
      version(static_cast<std::uint64_t>(*rc::gen::inRange(1, 6)), *rc::gen::inRange<std::uint8_t>(1, 9));
  RC_PRE(back < held);
  const belief choices[] = {no_share{}, v.ours, version(5, 77),
                            held,       back,   bad_share{to_bytes(as_bytes("?")), ""}};
  const auto what = judge(v, looked, held, choices[*rc::gen::inRange(0, 6)], 1);
  RC_ASSERT(what != verdict::conflict && what != verdict::hidden);
}

RC_GTEST_PROP(surprise, a_same_or_newer_version_of_another_writer_never_passes, ()) {
  const auto found =
      version(static_cast<std::uint64_t>(*rc::gen::inRange(6, 9)), *rc::gen::inRange<std::uint8_t>(2, 9));
  const auto& place = *rc::gen::element(looked, away);
  const auto what = judged(place, *rc::gen::element<belief>(no_share{}, version(5), version(2)), found);
  RC_ASSERT(what == (place == looked ? verdict::conflict : verdict::hidden));
}

TEST(changes_since, names_who_wrote_after_we_looked) {
  const auto before = view();
  auto after = before.map;
  EXPECT_TRUE(changes_since(before, after).empty());
  after.set_answered(server(1));
  after.add_share({server(1), share(0)}, version(6, 9)); // it may have been there all along
  EXPECT_TRUE(changes_since(before, after).empty());
  after.add_share({server(0), share(0)}, version(6)); // ours
  EXPECT_TRUE(changes_since(before, after).empty());
  after.add_share({server(0), share(1)}, version(6, 9));
  const auto changes = changes_since(before, after);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].place, (share_place{server(0), share(1)}));
}
