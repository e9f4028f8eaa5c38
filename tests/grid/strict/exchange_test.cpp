#include "truckee/grid/strict/exchange.hpp"

#include "grid/model_grid.hpp"
#include "truckee/grid/strict/writer_note.hpp"

#include <algorithm>
#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using truckee::test::server;

namespace {

strict_grid ten(std::uint8_t liars = 0) {
  strict_grid out;
  out.terms.liars = liars;
  for (std::uint8_t i = 0; i < 10; ++i)
    out.members.push_back({"s" + std::to_string(i), server(i)});
  return out;
}

/// Server 10 comes for server 3, at its place.
strict_grid exchanged(strict_grid grid) {
  grid.members[3] = {"new", server(10), to_bytes(server(3).view())};
  return grid;
}

std::string why_not(const strict_grid& old, const strict_grid& next) {
  const auto plan = plan_change(old, next);
  return plan ? "" : to_string(plan.error());
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// 1 of 3 on three, of whom all confirm: nobody can be spared.
strict_grid three() {
  strict_grid out;
  out.k = 1;
  out.n = 3;
  for (std::uint8_t i = 0; i < 3; ++i)
    out.members.push_back({"s" + std::to_string(i), server(i)});
  return out;
}

/// Stages 1 to 4 of the way without a server to spare: server 10 comes for server 1.
strict_grid stage(int at) {
  auto out = three();
  const strict_member coming{"new", server(10), to_bytes(server(1).view())};
  if (at == 4)
    out.members[1] = coming;
  else if (at > 1) {
    out.members.push_back(coming);
    out.exchange = server_exchange{"s1", "new", at == 3};
  }
  return out;
}

storage_index file(std::uint8_t number) {
  storage_index out;
  out.data[0] = std::byte{number};
  return out;
}

} // namespace

TEST(exchange, one_server_for_another_at_the_same_place_with_one_to_spare) {
  const auto plan = plan_change(ten(), exchanged(ten()));
  ASSERT_TRUE(plan) << to_string(plan.error());
  EXPECT_EQ(plan->way, change_way::exchange);
  ASSERT_EQ(plan->steps.size(), 7U);
  EXPECT_TRUE(says(plan->steps[1], "liars = 1"));
  EXPECT_TRUE(says(plan->steps[3], "\"new\" comes for \"s3\"")) << plan->steps[3];
  for (const auto at : {2U, 4U, 6U})
    EXPECT_TRUE(says(plan->steps[at], "repair --all")) << "what is two steps away is refused";
  const auto middle = plan_change(ten(2), exchanged(ten(2)));
  ASSERT_TRUE(middle) << "one may lie, and one is spared";
  EXPECT_TRUE(says(middle->steps[0], "at most 1 servers may lie")) << middle->steps[0];
  EXPECT_EQ(plan_change(ten(), ten())->way, change_way::none);
  auto other_order = ten();
  std::ranges::reverse(other_order.members);
  other_order.members[0].name = "renamed";
  EXPECT_EQ(plan_change(ten(), other_order)->way, change_way::none);
  EXPECT_EQ(plan_change(ten(), ten(1))->way, change_way::liars);
  EXPECT_EQ(plan_change(ten(1), ten())->steps.size(), 4U) << "files are repaired before and after";
}

TEST(exchange, every_file_keeps_its_places) {
  for (std::uint8_t i = 0; i < 40; ++i) {
    const auto before = setting_of(ten(1), file(i)).value().servers();
    const auto after = setting_of(exchanged(ten(1)), file(i)).value().servers();
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t place = 0; place < before.size(); ++place)
      EXPECT_EQ(after[place], before[place] == server(3) ? server(10) : before[place]);
  }
}

TEST(exchange, what_is_not_proved_is_refused_with_what_to_do) {
  auto next = ten();
  next.members[3] = {"new", server(10)};
  EXPECT_TRUE(says(why_not(ten(), next), "does not come at the place of \"s3\""));
  EXPECT_TRUE(says(why_not(ten(), next), "make new ones with the new one"));
  next = exchanged(ten());
  next.members[5] = {"newer", server(11), to_bytes(server(5).view())};
  EXPECT_TRUE(says(why_not(ten(), next), "2 of the old servers"));
  next = ten();
  next.members.pop_back();
  EXPECT_TRUE(says(why_not(ten(), next), "1 of the old servers"));
  next = ten();
  next.members[3].seed = bytes(20);
  EXPECT_TRUE(says(why_not(ten(), next), "another place"));
  next = ten();
  next.n = 9;
  EXPECT_TRUE(says(why_not(ten(), next), "3 of 10 by the old grid file and 3 of 9 by the new one"));
  next = ten();
  next.terms.rounds = 2;
  EXPECT_TRUE(says(why_not(ten(), next), "rounds is 1"));
  EXPECT_TRUE(says(why_not(ten(), ten(2)), "more than one apart"));
  EXPECT_TRUE(says(why_not(ten(), exchanged(ten(1))), "at once"));
  next = ten();
  next.order = order_name::in_place;
  EXPECT_TRUE(says(why_not(ten(), next), "the new grid file writes in place"));
  next = ten();
  next.members[7].id.reset();
  EXPECT_TRUE(says(why_not(ten(), next), "server \"s7\""));
  auto two = ten();
  two.terms.rounds = 2;
  EXPECT_TRUE(says(why_not(two, exchanged(two)), "rounds = 2"));
}

TEST(exchange, only_one_step_may_meet) {
  EXPECT_TRUE(may_meet(ten(), ten()));
  EXPECT_TRUE(may_meet(ten(), ten(1)));
  EXPECT_TRUE(may_meet(ten(1), exchanged(ten(1))));
  EXPECT_TRUE(may_meet(exchanged(ten(1)), exchanged(ten())));
  EXPECT_FALSE(may_meet(ten(), exchanged(ten()))) << "with nobody to spare an update is not seen";
  EXPECT_FALSE(may_meet(ten(), exchanged(ten(1))));
  EXPECT_FALSE(may_meet(ten(), ten(2)));
}

TEST(exchange, where_nobody_can_be_spared_both_sets_are_written_in_four_stages) {
  const auto plan = plan_change(stage(1), stage(4));
  ASSERT_TRUE(plan) << to_string(plan.error());
  EXPECT_EQ(plan->way, change_way::both_sets);
  ASSERT_EQ(plan->steps.size(), 8U);
  EXPECT_TRUE(says(plan->steps[0], "leaving = \"s1\" and coming = \"new\"")) << plan->steps[0];
  for (const auto at : {2U, 5U, 7U})
    EXPECT_TRUE(says(plan->steps[at], "repair --all")) << "what is two stages away is refused";
  EXPECT_TRUE(says(plan->steps[3], "repair every file with it again"))
      << "the second stage counts one set before";
  for (int at = 1; at < 4; ++at) {
    const auto step = plan_change(stage(at), stage(at + 1));
    ASSERT_TRUE(step) << to_string(step.error());
    EXPECT_EQ(step->way, change_way::both_sets);
    EXPECT_TRUE(plan_change(stage(at + 1), stage(at))) << "and back";
  }
  EXPECT_TRUE(says(plan_change(stage(2), stage(3))->steps[1], "repair every file with the old grid file"));
  EXPECT_EQ(plan_change(stage(2), stage(2))->way, change_way::none);
}

TEST(exchange, of_four_stages_only_neighbours_may_meet) {
  for (int one = 1; one <= 4; ++one)
    for (int other = 1; other <= 4; ++other)
      EXPECT_EQ(may_meet(stage(one), stage(other)).has_value(), std::abs(one - other) <= 1)
          << one << " and " << other;
  EXPECT_TRUE(says(why_not(stage(1), stage(3)), "a stage is missing"));
  auto more = stage(2);
  more.terms.liars = 1;
  EXPECT_FALSE(may_meet(stage(1), more)) << "nor liars at once";
  auto another = stage(2);
  another.exchange = server_exchange{"s1", "newer", false};
  another.members.back() = {"newer", server(11), to_bytes(server(1).view())};
  EXPECT_TRUE(says(why_not(stage(2), another), "two different exchanges"));
  EXPECT_TRUE(says(why_not(stage(4), another), "neither"));
}

TEST(exchange, the_middle_of_one_is_refused_where_it_is_none) {
  const auto why = [](const strict_grid& grid) {
    const auto fine = check_exchange(grid);
    return fine ? "" : to_string(fine.error());
  };
  EXPECT_EQ(why(stage(2)), "");
  auto grid = stage(2);
  grid.exchange->leaving = "nobody";
  EXPECT_TRUE(says(why(grid), "there is no \"nobody\""));
  grid.exchange->leaving = "new";
  EXPECT_TRUE(says(why(grid), "the same server"));
  grid = stage(2);
  grid.members.back().seed.reset();
  EXPECT_TRUE(says(why(grid), "does not come at the place of \"s1\""));
  grid = stage(2);
  grid.members.front().id.reset();
  EXPECT_TRUE(says(why(grid), "the grid file does not say which id server \"s0\" has"));
  grid = stage(2);
  grid.terms.rounds = 2;
  EXPECT_TRUE(says(why(grid), "rounds = 2"));
  grid = stage(2);
  grid.terms.liars = 1;
  EXPECT_TRUE(says(why(grid), "cannot be kept strictly"));
}

TEST(exchange, a_stage_in_the_middle_has_both_sets_at_the_same_places) {
  for (std::uint8_t i = 0; i < 40; ++i) {
    const auto old = setting_of(stage(1), file(i)).value();
    const auto by_old = setting_of(stage(2), file(i)).value();
    const auto by_new = setting_of(stage(3), file(i)).value();
    const auto next = setting_of(stage(4), file(i)).value();
    EXPECT_EQ(by_old.servers(), old.servers());
    EXPECT_EQ(by_new.servers(), next.servers());
    ASSERT_TRUE(by_old.shared() && by_new.shared());
    EXPECT_EQ(by_old.shared()->other, server(10));
    EXPECT_EQ(by_new.shared()->other, server(1));
    EXPECT_EQ(by_old.shared()->place, old.place_of(server(1)));
  }
  EXPECT_EQ(servers_of_a_set(stage(2)), 3U);
  EXPECT_EQ(servers_of_a_set(stage(1)), 3U);
}

TEST(exchange, the_neighbours_hash_is_no_part_of_a_setting) {
  auto choice = strict_choice{3, 10, setting_of(ten(), file(1)).value().servers(), 0, 1};
  const auto alone = strict_setting::make(choice).value();
  choice.neighbour = hash_of(setting_of(ten(1), file(1)).value());
  const auto beside = strict_setting::make(choice).value();
  EXPECT_EQ(hash_of(alone), hash_of(beside));
  EXPECT_NE(hash_of(alone), *beside.neighbour());
}
