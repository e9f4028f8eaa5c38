#include "grid/model_grid.hpp"
#include "truckee/grid/publish/in_part.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

const auto part_v1 = version(1);
const auto part_v2 = version(2, 2);

publish_request part_request_of(const model_grid& g, servermap map, const file_version& v = part_v2) {
  auto out = g.request(v, std::move(map));
  out.base = part_v1;
  return out;
}

publish_report publish_part(model_grid& g, servermap map, const file_version& v = part_v2) {
  auto loop = publish_loop::start(part_request_of(g, std::move(map), v), std::make_unique<in_part>());
  if (!loop)
    throw std::runtime_error(to_string(loop.error()));
  return g.run(*loop);
}

std::size_t shares_of_version(const model_grid& g, const file_version& v) {
  return g.map().share_numbers(v).size();
}

} // namespace

TEST(in_part, tells_the_server_with_share_0_first_and_the_others_when_it_took_its_message) {
  model_grid g(10);
  g.fill(part_v1);
  auto loop = publish_loop::start(part_request_of(g, g.map()), std::make_unique<in_part>());
  ASSERT_TRUE(loop);
  const auto first = loop->step();
  ASSERT_EQ(first.writes.size(), 1U);
  EXPECT_EQ(first.writes[0].server, g.order[0]);
  EXPECT_TRUE(loop->step().writes.empty()) << "nothing before its answer";
  loop->on_write(first.writes[0].id, g.deliver(first.writes[0], part_v2));
  const auto rest = loop->step();
  ASSERT_EQ(rest.writes.size(), 9U);
  for (const auto& message : rest.writes) {
    ASSERT_EQ(message.shares.size(), 1U);
    EXPECT_EQ(message.shares[0].expect, belief(part_v1));
    EXPECT_TRUE(message.shares[0].exact);
    loop->on_write(message.id, g.deliver(message, part_v2));
  }
  EXPECT_TRUE(loop->step().finished);
  EXPECT_TRUE(loop->report().ok());
  EXPECT_EQ(shares_of_version(g, part_v2), 10U);
}

TEST(in_part, ends_before_anything_else_is_told_where_the_first_did_not_take_it) {
  for (const auto kind : {write_outcome_kind::no_space, write_outcome_kind::unreachable,
                          write_outcome_kind::unknown, write_outcome_kind::malformed}) {
    model_grid g(10);
    g.fill(part_v1);
    g.before = [&](const publish_message&) { return std::optional(outcome(kind)); };
    const auto report = publish_part(g, g.map());
    EXPECT_EQ(report.end, publish_end::not_enough_servers) << to_string(kind);
    EXPECT_EQ(g.sent.size(), 1U);
    EXPECT_EQ(shares_of_version(g, part_v1), 10U);
  }
}

TEST(in_part, moves_no_share_and_is_no_success_without_every_one) {
  model_grid g(12);
  g.fill(part_v1);
  g.before = [&](const publish_message& m) {
    return m.server == g.order[4] ? std::optional(outcome(write_outcome_kind::no_space)) : std::nullopt;
  };
  const auto report = publish_part(g, g.map());
  EXPECT_EQ(report.end, publish_end::not_enough_servers);
  EXPECT_TRUE(report.recoverable);
  EXPECT_EQ(g.sent.size(), 10U);
  EXPECT_EQ(g.at(4, 4), part_v1);
  EXPECT_TRUE(g.slots.at(g.order[10]).shares.empty() && g.slots.at(g.order[11]).shares.empty());
}

TEST(in_part, of_two_who_write_parts_one_gets_beyond_the_first_server) {
  model_grid g(10);
  g.fill(part_v1);
  const auto map = g.map();
  const auto other = version(2, 9);
  auto a = publish_loop::start(part_request_of(g, map), std::make_unique<in_part>());
  auto b = publish_loop::start(part_request_of(g, map, other), std::make_unique<in_part>());
  ASSERT_TRUE(a && b);
  const auto from_a = a->step();
  const auto from_b = b->step();
  b->on_write(from_b.writes.at(0).id, g.deliver(from_b.writes.at(0), other));
  a->on_write(from_a.writes.at(0).id, g.deliver(from_a.writes.at(0), part_v2));
  EXPECT_EQ(g.run(*a).end, publish_end::uncoordinated_write);
  EXPECT_TRUE(g.sent.empty());
  EXPECT_TRUE(g.run(*b).ok());
  EXPECT_EQ(shares_of_version(g, other), 10U);
}

TEST(in_part, writes_over_nothing_but_the_version_it_was_made_for) {
  model_grid g(10);
  g.fill(part_v1);
  const auto map = g.map();
  g.put(3, 3, version(0, 7));                   // went back in time
  g.slots.at(g.order[4]).shares.clear();        // lost
  g.slots.at(g.order[5]).shares[share(5)] = {}; // emptied
  const auto report = publish_part(g, map);
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(g.at(3, 3), version(0, 7));
  EXPECT_TRUE(g.slots.at(g.order[4]).shares.empty());
  for (const auto& server : g.order)
    EXPECT_LE(std::ranges::count(g.sent, server, &publish_message::server), 1);
}

TEST(in_part, does_not_begin_unless_each_share_of_the_base_is_there_once) {
  model_grid g(11);
  g.fill(part_v1);
  const auto refused = [&](const servermap& map) {
    return !publish_loop::start(part_request_of(g, map), std::make_unique<in_part>());
  };
  EXPECT_FALSE(refused(g.map()));
  EXPECT_TRUE(refused(g.map({g.order[4]})));
  g.put(10, 4, part_v1);
  EXPECT_TRUE(refused(g.map())) << "twice";
  g.put(10, 4, version(0, 7));
  EXPECT_TRUE(refused(g.map())) << "an old one beside it";
}
