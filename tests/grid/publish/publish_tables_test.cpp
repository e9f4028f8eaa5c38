#include "grid/model_grid.hpp"
#include "truckee/base/assert.hpp"
#include "truckee/grid/publish/publish_tables.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

publish_tables tables_of(const model_grid& g) {
  return publish_tables(g.request(version(2), g.map()));
}

server_message write_to(const server_id& id, std::size_t number) {
  return {id, {{share(number), share_step::write, no_share{}}}};
}

} // namespace

TEST(publish_tables, a_place_goes_from_goal_over_outstanding_to_placed) {
  model_grid g(3);
  auto tables = tables_of(g);
  const share_place place{server(0), share(0)};
  tables.aim_at(place);
  EXPECT_FALSE(tables.was_sent(place));
  const auto id = tables.send(write_to(server(0), 0));
  EXPECT_EQ(tables.outstanding(), std::set{place});
  EXPECT_EQ(tables.busy(), std::set{server(0)});
  EXPECT_TRUE(tables.is_busy(server(0)));
  EXPECT_FALSE(tables.is_busy(server(1)));
  EXPECT_TRUE(tables.was_sent(place));
  ASSERT_TRUE(tables.settle(id));
  EXPECT_TRUE(tables.outstanding().empty());
  EXPECT_FALSE(tables.is_busy(server(0)));
  tables.mark_placed(place);
  EXPECT_EQ(tables.placed(), std::set{place});
  EXPECT_EQ(tables.map().at(place), belief(version(2)));
  EXPECT_TRUE(tables.misplace(place));
  EXPECT_EQ(tables.goal(), std::set{place}) << "what is not placed any more is a goal still";
  tables.check();
}

TEST(publish_tables, each_message_has_one_outcome) {
  model_grid g(3);
  auto tables = tables_of(g);
  tables.aim_at({server(1), share(1)});
  const auto id = tables.send(write_to(server(1), 1));
  EXPECT_FALSE(tables.quiet());
  EXPECT_TRUE(tables.settle(id));
  EXPECT_FALSE(tables.settle(id));
  EXPECT_FALSE(tables.settle_reread(id));
  EXPECT_TRUE(tables.quiet());
  const auto look = tables.send_reread(server(1));
  EXPECT_FALSE(tables.settle(look));
  EXPECT_TRUE(tables.settle_reread(look));
  EXPECT_FALSE(tables.settle_reread(look));
  tables.check();
}

TEST(publish_tables, what_is_abandoned_is_unknown_until_a_server_says_more) {
  model_grid g(3);
  auto tables = tables_of(g);
  const share_place place{server(2), share(2)};
  tables.aim_at(place);
  tables.send(write_to(server(2), 2));
  tables.abandon();
  EXPECT_EQ(tables.unknown(), std::set{place});
  EXPECT_TRUE(tables.quiet());
  tables.mark_placed(place);
  EXPECT_TRUE(tables.unknown().empty());
  tables.check();
}

TEST(publish_tables, only_what_is_not_placed_is_given_up) {
  model_grid g(3);
  auto tables = tables_of(g);
  const share_place here{server(0), share(0)};
  const share_place there{server(1), share(1)};
  tables.mark_placed(here);
  tables.aim_at(there);
  tables.give_up(here);
  tables.give_up(there);
  EXPECT_EQ(tables.goal(), std::set{here});
  EXPECT_EQ(tables.failed(), std::set{there});
  tables.mark_placed(there); // it landed after all
  EXPECT_TRUE(tables.failed().empty());
  tables.check();
}

TEST(publish_tables, a_defect_in_an_order_is_said_where_assertions_are_on) {
  if (!assertions_are_on)
    GTEST_SKIP() << "assertions are off in this build";
  model_grid g(3);
  auto tables = tables_of(g);
  EXPECT_DEATH(tables.send(write_to(server(0), 0)), "what is written is a goal and not placed");
  tables.aim_at({server(0), share(0)});
  tables.aim_at({server(0), share(1)});
  tables.send(write_to(server(0), 0));
  EXPECT_DEATH(tables.send(write_to(server(0), 1)), "one message under way at most");
  tables.mark_placed({server(0), share(0)});
  tables.mark_unknown({server(0), share(0)});
  EXPECT_DEATH(tables.check(), "what is placed is not unknown");
}
