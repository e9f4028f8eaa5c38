#include "grid/model_grid.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

const auto v1 = version(1);
const auto v2 = version(2);

/// A publish of which some servers never answer; the others do at once.
class slow_servers : public testing::Test {
protected:
  publish_loop started(publish_request request) { return publish_loop::start(std::move(request)).value(); }

  /// Turns until only the silent ones owe an answer.
  void run(publish_loop& loop, const std::set<server_id>& silent) {
    for (auto actions = loop.step(); !actions.finished; actions = loop.step()) {
      bool any = false;
      for (const auto& message : actions.writes) {
        g.sent.push_back(message);
        if (silent.contains(message.server))
          continue;
        any = true;
        const auto told = g.before ? g.before(message) : std::nullopt;
        loop.on_write(message.id, told ? *told : g.deliver(message, loop.report().version));
      }
      if (!any && actions.rereads.empty())
        return;
      for (const auto& message : actions.rereads)
        if (!silent.contains(message.server))
          loop.on_reread(message.id, g.look(message));
    }
  }

  model_grid g{10};
};

constexpr auto why = "no answer for 0.25 s";

} // namespace

TEST_F(slow_servers, are_left_where_the_others_are_enough_and_are_named) {
  auto loop = started(g.request(v1, {}));
  run(loop, {g.order[4]});
  ASSERT_FALSE(loop.finished()) << "it waits until it is told that it takes too long";
  EXPECT_TRUE(loop.leave_the_slow(why));
  run(loop, {g.order[4]});
  ASSERT_TRUE(loop.finished());
  const auto report = loop.report();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.distinct_shares, 10U) << "its share has another home";
  EXPECT_EQ(report.happiness, 9U);
  EXPECT_EQ(report.unknown_servers, std::set{g.order[4]});
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].server, g.order[4]);
  EXPECT_EQ(report.problems[0].kind, write_outcome_kind::unknown);
  EXPECT_EQ(report.problems[0].detail, why);
  EXPECT_FALSE(loop.leave_the_slow(why)) << "it has ended";
}

TEST_F(slow_servers, are_left_by_an_update_as_well) {
  g.fill(v1);
  auto loop = started(g.request(v2, g.map()));
  run(loop, {g.order[0], g.order[9]});
  EXPECT_TRUE(loop.leave_the_slow(why));
  EXPECT_TRUE(loop.finished());
  EXPECT_TRUE(loop.report().ok());
  EXPECT_EQ(loop.report().distinct_shares, 8U);
  EXPECT_EQ(g.at(0, 0), v1);
  EXPECT_EQ(g.at(5, 5), v2);
}

TEST_F(slow_servers, are_waited_for_where_the_others_are_too_few) {
  auto loop = started(g.request(v1, {}, 9));
  run(loop, {g.order[4], g.order[5]});
  EXPECT_FALSE(loop.leave_the_slow(why));
  EXPECT_FALSE(loop.finished());
}

TEST_F(slow_servers, are_waited_for_where_they_could_have_another_writers_version) {
  g.fill(v1);
  const std::set silent{g.order[0], g.order[4], g.order[9]};
  auto loop = started(g.request(v2, g.map()));
  run(loop, silent);
  EXPECT_FALSE(loop.leave_the_slow(why)) << "three shares are a version";
  g = model_grid(10);
  auto fresh = started(g.request(v1, {}));
  run(fresh, silent);
  EXPECT_TRUE(fresh.leave_the_slow(why)) << "nobody else has its key";
}

TEST_F(slow_servers, are_waited_for_where_one_of_few_could_have_another_writers_version) {
  g = model_grid(4);
  g.fill(v1);
  auto loop = started(g.request(v2, g.map(), 2));
  run(loop, {g.order[0]});
  EXPECT_FALSE(loop.leave_the_slow(why)) << "it has shares 0, 4 and 8";
}

TEST_F(slow_servers, are_waited_for_by_who_met_another_writer) {
  g.fill(v1);
  auto request = g.request(v2, g.map());
  g.put(3, 3, version(2, 9));
  auto loop = started(std::move(request));
  run(loop, {g.order[4]});
  EXPECT_FALSE(loop.leave_the_slow(why));
}

TEST_F(slow_servers, are_waited_for_before_shares_are_deleted) {
  g.fill(v1);
  const auto smaller = version(2, 1, 2, 6);
  auto loop = started(g.request(smaller, g.map(), 4));
  run(loop, {g.order[5]});
  EXPECT_FALSE(loop.leave_the_slow(why)) << "shares 6 to 9 would stay for good";
}

TEST_F(slow_servers, are_waited_for_while_another_one_is_to_be_looked_at_again) {
  g.before = [&](const publish_message& m) -> std::optional<write_outcome> {
    if (m.server != g.order[2])
      return std::nullopt;
    return outcome(write_outcome_kind::unknown, "it broke");
  };
  auto loop = started(g.request(v1, {}));
  run(loop, {g.order[4]});
  EXPECT_FALSE(loop.leave_the_slow(why));
}

TEST_F(slow_servers, are_not_left_before_what_was_answered_has_been_acted_upon) {
  auto loop = started(g.request(v1, {}, 1));
  const auto actions = loop.step();
  for (std::size_t i = 0; i < 5; ++i)
    loop.on_write(actions.writes[i].id, g.deliver(actions.writes[i], v1));
  EXPECT_FALSE(loop.leave_the_slow(why));
  loop.step();
  EXPECT_TRUE(loop.leave_the_slow(why));
}

TEST_F(slow_servers, are_not_left_by_who_was_cancelled) {
  auto loop = started(g.request(v1, {}, 1));
  run(loop, {g.order[4]});
  loop.cancel();
  EXPECT_FALSE(loop.leave_the_slow(why)) << "that end is told as what it is";
}
