#include "grid/model_grid.hpp"
#include "truckee/grid/file/repair_plan.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

servermap repair_map(const model_grid& g) {
  return g.map({}, map_mode::repair);
}

} // namespace

TEST(repair_plan, a_healthy_file_needs_nothing) {
  model_grid g(10);
  g.fill(version(1));
  EXPECT_EQ(plan_repair(repair_map(g), false)->step, repair_step::nothing);
}

TEST(repair_plan, missing_and_bad_shares_are_refilled_at_the_same_sequence_number) {
  model_grid g(10);
  g.fill(version(3));
  g.slots.at(g.order[1]).shares.clear();
  g.slots.at(g.order[2]).shares[share(2)] = to_bytes(as_bytes("\x09"));
  const auto plan = plan_repair(repair_map(g), false);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->step, repair_step::refill);
  EXPECT_EQ(plan->version, version(3));
  EXPECT_EQ(plan->missing, (std::set{share(1), share(2)}));
  EXPECT_EQ(plan->replace, std::vector<share_place>({{g.order[2], share(2)}}));
}

TEST(repair_plan, old_leftovers_are_replaced_by_a_refill) {
  model_grid g(10);
  g.fill(version(3));
  g.put(4, 4, version(2));
  EXPECT_EQ(plan_repair(repair_map(g), false)->step, repair_step::refill);
}

TEST(repair_plan, an_older_readable_version_beside_the_best_is_published_over) {
  model_grid g(10);
  g.fill(version(3));
  for (std::size_t i = 0; i < 3; ++i)
    g.put(i, i, version(2));
  const auto plan = plan_repair(repair_map(g), false);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->step, repair_step::republish);
  EXPECT_EQ(plan->version, version(3));
}

TEST(repair_plan, two_readable_heads_are_refused_and_both_are_shown) {
  model_grid g(10);
  g.fill(version(3, 1));
  for (std::size_t i = 0; i < 5; ++i)
    g.put(i, i, version(3, 2));
  const auto plan = plan_repair(repair_map(g), false);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, errc::refused);
  EXPECT_NE(plan.error().detail.find(describe(version(3, 1))), std::string::npos);
  EXPECT_NE(plan.error().detail.find(describe(version(3, 2))), std::string::npos);
  const auto forced = plan_repair(repair_map(g), true);
  ASSERT_TRUE(forced);
  EXPECT_EQ(forced->step, repair_step::republish);
  EXPECT_EQ(forced->version, version(3, 2));
}

TEST(repair_plan, a_newer_version_that_cannot_be_read_is_refused) {
  model_grid g(10);
  g.fill(version(3));
  g.put(0, 0, version(4));
  EXPECT_EQ(plan_repair(repair_map(g), false).error().code, errc::refused);
  EXPECT_EQ(plan_repair(repair_map(g), true)->step, repair_step::republish);
}

TEST(repair_plan, a_rival_of_the_same_number_is_published_over_not_refilled) {
  model_grid g(10);
  g.fill(version(3, 5));
  g.put(0, 0, version(3, 1)); // one share of a loser
  EXPECT_EQ(plan_repair(repair_map(g), false)->step, repair_step::republish);
}

TEST(repair_plan, nothing_readable_is_not_enough_shares) {
  model_grid g(10);
  g.put(0, 0, version(3));
  EXPECT_EQ(plan_repair(repair_map(g), true).error().code, errc::not_enough_shares);
}

TEST(repair_plan, a_map_of_another_mode_is_refused) {
  model_grid g(10);
  g.fill(version(3));
  EXPECT_EQ(plan_repair(g.map({}, map_mode::read), true).error().code, errc::usage);
}

TEST(repair_publish, a_refill_is_the_same_version_and_no_late_write_of_ours) {
  model_grid g(10);
  g.fill(version(4));
  g.slots.at(g.order[3]).shares.clear();
  const auto map = g.map({}, map_mode::repair);
  const auto plan = plan_repair(map, false).value();
  ASSERT_EQ(plan.step, repair_step::refill);
  const auto refill = publish_of(plan, map, true, {version(3), version(4)}, {3, 10, 7});
  EXPECT_TRUE(refill.refill);
  EXPECT_EQ(refill.sequence.value, 4U);
  EXPECT_EQ(refill.earlier, version_set{version(3)});
  EXPECT_EQ(refill.shape, (spread{3, 10, 7}));
}

TEST(repair_publish, without_the_signature_the_content_goes_above_everything_sent) {
  model_grid g(10);
  g.fill(version(4));
  g.slots.at(g.order[3]).shares.clear();
  const auto map = g.map({}, map_mode::repair);
  const auto again = publish_of(plan_repair(map, false).value(), map, false, {version(6)}, {1, 3, 2});
  EXPECT_FALSE(again.refill);
  EXPECT_EQ(again.sequence.value, 7U);
  EXPECT_EQ(again.earlier, version_set{version(6)});
  EXPECT_EQ(again.shape, (spread{3, 10, 2})) << "the file keeps its k and N";
}

TEST(repair_publish, only_what_no_map_could_show_is_worth_another_look) {
  publish_report report;
  report.end = publish_end::map_outdated;
  EXPECT_TRUE(worth_another_repair(report, 1, {}));
  EXPECT_FALSE(worth_another_repair(report, grid_limits{}.write_tries_max, {}));
  for (const auto end : {publish_end::published, publish_end::uncoordinated_write, publish_end::cancelled}) {
    report.end = end;
    EXPECT_FALSE(worth_another_repair(report, 1, {})) << to_string(end);
  }
}
