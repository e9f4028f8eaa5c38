#include "grid/model_grid.hpp"
#include "truckee/grid/strict/standing.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

strict_setting ten(std::uint8_t liars = 0) {
  strict_choice choice{3, 10, {}, liars, 1};
  for (std::uint8_t i = 0; i < 10; ++i)
    choice.servers.push_back(server(i));
  return strict_setting::make(std::move(choice)).value();
}

/// Ten servers with one share each of `version`, but for some that have it of another.
slot_map held(const file_version& version, std::optional<writer_note> note, std::size_t others = 0,
              const file_version& other = {}) {
  slot_map out(ten());
  for (std::uint8_t i = 0; i < 10; ++i)
    out.know(server(i),
             {{share(i), i < others ? sealed_share{other, {}, note} : sealed_share{version, {}, note}}});
  return out;
}

const writer_note own{hash_of(ten()), 0, {}};

} // namespace

TEST(strict_standing, a_version_that_everybody_has_is_healthy_whatever_is_older_beside_it) {
  auto slots = held(version(7), own);
  EXPECT_TRUE(standing_of(slots).healthy);
  auto beside = slots.slots().at(server(3));
  beside.emplace(share(9), sealed_share{version(6), {}, own});
  slots.know(server(3), beside);
  const auto standing = standing_of(slots);
  EXPECT_TRUE(standing.healthy);
  EXPECT_EQ(describe(standing, ten()),
            "kept strictly: " + describe(version(7)) + " is on 10 of 10 servers, 8 needed");
}

TEST(strict_standing, what_is_missing_newer_damaged_or_of_others_is_not_healthy) {
  EXPECT_FALSE(standing_of(held(version(7), {})).healthy) << "written in place";
  EXPECT_FALSE(standing_of(held(version(7), own, 1, version(6))).healthy) << "a server missed it";
  EXPECT_FALSE(standing_of(held(version(7), own, 2, version(8))).healthy) << "a newer partial";
  EXPECT_FALSE(standing_of(held(version(7), writer_note{hash_of(ten(1)), 0, {}})).healthy)
      << "another setting";
  auto damaged = held(version(7), own);
  damaged.know(server(3),
               {{share(3), sealed_share{version(7), {}, own}}, {share(4), bad_share{bytes(5), "rot"}}});
  EXPECT_FALSE(standing_of(damaged).healthy);
  EXPECT_FALSE(standing_of(slot_map(ten())).base);
}

TEST(strict_standing, says_that_a_version_is_not_confirmed) {
  const auto standing = standing_of(held(version(7), own, 4, version(6)));
  EXPECT_EQ(standing.base, version(7));
  EXPECT_EQ(standing.on, 6U);
  EXPECT_FALSE(standing.confirmed);
  EXPECT_NE(describe(standing, ten()).find("6 of 10 servers, 8 needed, and is not certainly"),
            std::string::npos);
}

TEST(strict_standing, is_mendable_where_somebody_who_answers_has_less_than_all) {
  EXPECT_FALSE(standing_of(held(version(7), own)).mendable);
  EXPECT_TRUE(standing_of(held(version(7), own, 1, version(6))).mendable) << "a server missed it";
  EXPECT_TRUE(standing_of(held(version(7), own, 1, version(6))).only_missing);
  EXPECT_FALSE(standing_of(held(version(7), own, 2, version(8))).only_missing);
  EXPECT_TRUE(standing_of(held(version(7), own, 2, version(8))).mendable) << "a newer partial";
  EXPECT_TRUE(standing_of(held(version(7), {})).mendable) << "written in place";
  auto away = held(version(7), own);
  away.forget(server(3));
  EXPECT_FALSE(standing_of(away).healthy);
  EXPECT_FALSE(standing_of(away).mendable) << "no publish brings back who does not answer";
  EXPECT_TRUE(standing_of(slot_map(ten())).mendable) << "and the publish says that nothing can be read";
}

TEST(strict_standing, has_an_empty_slot_to_fill_while_a_greater_version_may_be_confirmed_yet) {
  auto slots = held(version(6), own);
  slots.know(server(0), {});
  EXPECT_FALSE(standing_of(slots).has_empty_slot) << "only missing";
  EXPECT_TRUE(standing_of(slots).only_missing);
  for (std::uint8_t i = 3; i < 10; ++i) {
    auto slot = slots.slots().at(server(i));
    slot.emplace(share((i + 1) % 10), sealed_share{version(7), {}, own});
    slots.know(server(i), slot);
  }
  EXPECT_TRUE(standing_of(slots).has_empty_slot);
  EXPECT_FALSE(standing_of(slots).only_missing);
}
