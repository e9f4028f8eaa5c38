#include "grid/model_grid.hpp"
#include "truckee/grid/read/retrieve_plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

TEST(retrieve_plan, fetches_k_distinct_shares_from_different_servers) {
  model_grid g(10);
  g.fill(version(1));
  g.put(0, 1, version(1));
  g.put(0, 2, version(1));
  retrieve_plan plan(g.map(), version(1));
  const auto fetches = plan.next();
  ASSERT_EQ(fetches.size(), 3U);
  std::set<server_id> servers;
  std::set<share_number> numbers;
  for (const auto& f : fetches) {
    servers.insert(f.server);
    numbers.insert(f.share);
  }
  EXPECT_EQ(servers.size(), 3U);
  EXPECT_EQ(numbers.size(), 3U);
  EXPECT_TRUE(plan.next().empty());
}

TEST(retrieve_plan, fast_servers_come_first) {
  model_grid g(10);
  g.fill(version(1));
  retrieve_plan plan(g.map(), version(1), {g.order[9], g.order[8], g.order[7]});
  const auto fetches = plan.next();
  ASSERT_EQ(fetches.size(), 3U);
  EXPECT_EQ(fetches[0].server, g.order[9]);
  EXPECT_EQ(fetches[2].server, g.order[7]);
}

TEST(retrieve_plan, k_good_shares_are_enough) {
  model_grid g(10);
  g.fill(version(1));
  retrieve_plan plan(g.map(), version(1));
  for (const auto& f : plan.next())
    plan.on_verdict(f, share_verdict::good);
  EXPECT_EQ(plan.state(), retrieve_state::enough);
  EXPECT_EQ(plan.good().size(), 3U);
}

TEST(retrieve_plan, a_bad_share_is_named_and_replaced_and_its_servers_other_shares_are_used) {
  model_grid g(1);
  const auto v = version(1, 1, 2, 3);
  for (std::size_t i = 0; i < 3; ++i)
    g.put(0, i, v);
  retrieve_plan plan(g.map(), v);
  auto fetches = plan.next();
  ASSERT_EQ(fetches.size(), 2U);
  plan.on_verdict(fetches[0], share_verdict::bad, "block hash");
  plan.on_verdict(fetches[1], share_verdict::good);
  fetches = plan.next();
  ASSERT_EQ(fetches.size(), 1U);
  plan.on_verdict(fetches[0], share_verdict::good);
  EXPECT_EQ(plan.state(), retrieve_state::enough);
  ASSERT_EQ(plan.lying().size(), 1U);
  EXPECT_EQ(plan.lying()[0].reason, "block hash");
}

TEST(retrieve_plan, a_failed_server_is_replaced_and_its_other_shares_are_tried_last) {
  model_grid g(3);
  const auto v = version(1, 1, 2, 4);
  g.put(0, 0, v);
  g.put(0, 3, v);
  g.put(1, 1, v);
  g.put(2, 2, v);
  retrieve_plan plan(g.map(), v);
  plan.next(); // 0 on server 0, 1 on server 1
  plan.on_failure({g.order[0], share(0)}, "timeout");
  auto fetches = plan.next();
  ASSERT_EQ(fetches.size(), 1U);
  EXPECT_EQ(fetches[0].server, g.order[2]);
  plan.on_failure(fetches[0], "timeout");
  fetches = plan.next();
  ASSERT_EQ(fetches.size(), 1U);
  EXPECT_EQ(fetches[0], (share_place{g.order[0], share(3)}));
}

TEST(retrieve_plan, a_slow_fetch_gets_a_replacement_and_may_still_win) {
  model_grid g(10);
  g.fill(version(1));
  retrieve_plan plan(g.map(), version(1));
  const auto fetches = plan.next();
  plan.on_slow(fetches[0]);
  EXPECT_EQ(plan.next().size(), 1U);
  for (const auto& f : fetches)
    plan.on_verdict(f, share_verdict::good);
  EXPECT_EQ(plan.state(), retrieve_state::enough);
}

TEST(retrieve_plan, too_few_good_shares_ask_for_more_servers) {
  model_grid g(10);
  g.fill(version(1));
  auto small = g.map({g.order[3], g.order[4], g.order[5], g.order[6], g.order[7], g.order[8], g.order[9]});
  retrieve_plan plan(small, version(1));
  const auto fetches = plan.next();
  plan.on_verdict(fetches[0], share_verdict::bad, "block hash");
  plan.on_verdict(fetches[1], share_verdict::good);
  plan.on_verdict(fetches[2], share_verdict::good);
  EXPECT_EQ(plan.state(), retrieve_state::needs_more);
  plan.add_places(g.map());
  EXPECT_EQ(plan.state(), retrieve_state::fetching);
  const auto more = plan.next();
  ASSERT_EQ(more.size(), 1U);
  EXPECT_NE(more[0], fetches[0]);
  plan.on_verdict(more[0], share_verdict::good);
  EXPECT_EQ(plan.state(), retrieve_state::enough);
}

TEST(retrieve_plan, a_share_of_another_version_tells_that_somebody_wrote) {
  model_grid g(10);
  g.fill(version(1));
  retrieve_plan plan(g.map(), version(1));
  plan.on_verdict(plan.next()[0], share_verdict::changed);
  EXPECT_TRUE(plan.changed());
  EXPECT_TRUE(plan.lying().empty());
}

TEST(retrieve_plan, giving_up_is_final) {
  retrieve_plan plan({}, version(1));
  EXPECT_EQ(plan.state(), retrieve_state::needs_more);
  plan.give_up();
  EXPECT_EQ(plan.state(), retrieve_state::not_possible);
}

RC_GTEST_PROP(retrieve_plan, ends_and_succeeds_exactly_when_k_good_shares_exist, ()) {
  model_grid g(8);
  const auto v = version(1, 1, 3, 8);
  std::set<share_place> good;
  const auto count = *rc::gen::inRange(0, 20);
  for (int i = 0; i < count; ++i) {
    const auto on = *rc::gen::inRange<std::size_t>(0, 8);
    const auto number = *rc::gen::inRange<std::size_t>(0, 8);
    g.put(on, number, v);
    if (*rc::gen::arbitrary<bool>())
      good.insert({g.order[on], share(number)});
  }
  retrieve_plan plan(g.map(), v);
  for (int i = 0; i < 100 && plan.state() == retrieve_state::fetching; ++i)
    for (const auto& f : plan.next()) {
      if (good.contains(f))
        plan.on_verdict(f, share_verdict::good);
      else if (*rc::gen::arbitrary<bool>())
        plan.on_verdict(f, share_verdict::bad);
      else
        plan.on_failure(f, "timeout");
    }
  std::set<share_number> numbers;
  for (const auto& place : good)
    numbers.insert(place.share);
  RC_ASSERT(plan.state() == (numbers.size() >= 3 ? retrieve_state::enough : retrieve_state::needs_more));
}
