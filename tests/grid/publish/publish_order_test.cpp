#include "grid/model_grid.hpp"
#include "truckee/grid/publish/in_place.hpp"

#include <algorithm>
#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

const auto v1 = version(1);
const auto v2 = version(2);

/// What an order other than in-place needs of the loop, in small: every message tests the whole slot; a first phase patches
/// one share of each server, and only who took the patch is written to; new shares go beside the old ones, which are
/// deleted in the same message; enough servers are enough, whoever else is silent; a refused round is lost.
class two_phases : public publish_order {
public:
  explicit two_phases(std::size_t enough) : enough_(enough) {}

  order_name name() const override { return order_name::in_place; }
  map_needs map(bool) const override { return {map_mode::check, true}; }
  read_vector read_back() const override { return {0, 108}; }
  result<void> admit(const publish_request& request) const override {
    if (request.map.servers_answered().size() >= enough_)
      return {};
    return fail(errc::not_enough_servers, "too few servers answered");
  }

  void goal(publish_tables& tables) override {
    const auto& servers = tables.asked().servers;
    for (std::size_t i = 0; i < servers.size(); ++i)
      tables.aim_at({servers[i], share((i + 1) % tables.version().n)}); // beside the old one
  }
  void place(publish_tables&) override {}

  std::vector<server_message> messages(const publish_tables& tables) override {
    std::vector<server_message> out;
    if (!patched_) {
      patched_ = true;
      for (const auto& server : tables.asked().servers)
        out.push_back(whole_slot(tables, server, share_step::patch));
    } else if (tables.quiet() && !written_) {
      written_ = true;
      for (const auto& server : took_patch_)
        out.push_back(whole_slot(tables, server, share_step::write));
    }
    return out;
  }

  void judge(publish_tables& tables, const server_message& sent, const write_outcome& outcome) override {
    if (outcome.kind != write_outcome_kind::written) {
      tables.mark_bad(sent.server, outcome);
      lost_ = lost_ || outcome.kind == write_outcome_kind::test_failed;
      return;
    }
    for (const auto& planned : sent.shares) {
      if (planned.step == share_step::patch)
        took_patch_.insert(sent.server);
      else if (planned.step == share_step::write)
        tables.mark_placed({sent.server, planned.share});
      else if (planned.step == share_step::remove)
        tables.learn({sent.server, planned.share}, no_share{});
    }
  }
  void judge(publish_tables&, const server_id&, const reread_outcome&) override {}

  std::optional<publish_end> enough(const publish_tables& tables) const override {
    if (tables.placed().size() >= enough_)
      return publish_end::published;
    if (lost_)
      return publish_end::uncoordinated_write;
    return std::nullopt;
  }
  bool only_waits(const publish_tables&) const override { return false; }
  bool may_stop(const publish_tables&) const override { return false; }
  std::vector<server_message> retire(const publish_tables&) override { return {}; }
  publish_end conclude(const publish_tables&) const override { return publish_end::not_enough_servers; }

private:
  server_message whole_slot(const publish_tables& tables, const server_id& server, share_step step) const {
    server_message out{server, {}};
    std::vector<planned_share> deletions;
    for (std::size_t i = 0; i < tables.version().n; ++i) {
      const share_place place{server, share(i)};
      planned_share planned{share(i), share_step::test_only, tables.map().at(place)};
      const bool there = !std::holds_alternative<no_share>(planned.expect);
      if (there)
        planned.also.push_back({107, 1, last_byte(step == share_step::patch ? i : 0xee)});
      if (step == share_step::patch && there) {
        planned.step = share_step::patch;
        planned.bytes.push_back({107, last_byte(0xee)});
      } else if (step == share_step::write && tables.goal().contains(place)) {
        planned.step = share_step::write;
        planned.exact = true;
      } else if (step == share_step::write && there) {
        planned.step = share_step::remove;
        deletions.push_back(planned);
        continue;
      }
      out.shares.push_back(planned);
    }
    out.shares.insert(out.shares.end(), deletions.begin(), deletions.end());
    return out;
  }

  static shared_bytes last_byte(std::size_t what) {
    return shared_bytes::copy_of(bytes{static_cast<std::byte>(what)});
  }

  std::size_t enough_;
  bool patched_ = false;
  bool written_ = false;
  bool lost_ = false;
  std::set<server_id> took_patch_;
};

publish_report publish_with(model_grid& g, std::size_t enough, servermap map) {
  auto loop = publish_loop::start(g.request(v2, std::move(map)), std::make_unique<two_phases>(enough));
  if (!loop)
    throw std::runtime_error(to_string(loop.error()));
  return g.run(*loop);
}

} // namespace

TEST(publish_order, names_are_read_as_they_are_written) {
  for (const auto order : {order_name::in_place, order_name::strict})
    EXPECT_EQ(parse_order(to_string(order)), order);
  for (const auto* word : {"in_place", "In-Place", "Strict", ""}) {
    const auto got = parse_order(word);
    ASSERT_FALSE(got) << word;
    EXPECT_EQ(got.error().code, errc::configuration);
    EXPECT_NE(got.error().detail.find("expected \"in-place\" or \"strict\""), std::string::npos);
  }
}

TEST(publish_order, says_which_map_it_needs) {
  const in_place order;
  EXPECT_EQ(order.map(true).mode, map_mode::write);
  EXPECT_FALSE(order.map(true).ask_all);
  EXPECT_EQ(order.map(false).mode, map_mode::check);
  EXPECT_TRUE(order.map(false).ask_all);
}

TEST(publish_order, may_refuse_before_anything_is_sent) {
  model_grid g(10);
  g.fill(v1);
  const auto loop =
      publish_loop::start(g.request(v2, g.map({g.order[0], g.order[1]})), std::make_unique<two_phases>(9));
  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().code, errc::not_enough_servers);
}

TEST(publish_order, may_test_whole_slots_in_several_phases_and_delete_beside_what_it_writes) {
  model_grid g(10);
  g.fill(v1);
  const auto report = publish_with(g, 10, g.map());
  ASSERT_TRUE(report.ok()) << to_string(report.end);
  EXPECT_EQ(g.sent.size(), 20U) << "a phase that patches, and one that writes";
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(g.slots.at(g.order[i]).shares.size(), 1U) << "the old share is gone";
    EXPECT_EQ(g.at(i, (i + 1) % 10), v2);
  }
  const auto& last = g.sent.back().shares;
  EXPECT_EQ(last.size(), 10U);
  EXPECT_EQ(last.back().step, share_step::remove) << "deletions last: a server that dies keeps more";
}

TEST(publish_order, a_test_beside_the_checkstring_stops_a_message) {
  model_grid g(10);
  g.fill(v1);
  const auto map = g.map();
  g.slots.at(g.order[4]).shares.at(share(4)).back() = std::byte{0x77}; // the version is the same
  const auto report = publish_with(g, 10, map);
  EXPECT_EQ(report.end, publish_end::uncoordinated_write);
  EXPECT_EQ(g.at(4, 5), std::nullopt);
}

TEST(publish_order, may_be_content_before_every_answer_is_there) {
  model_grid g(10);
  g.fill(v1);
  auto loop = publish_loop::start(g.request(v2, g.map()), std::make_unique<two_phases>(8));
  ASSERT_TRUE(loop);
  g.turn(*loop);
  const auto second = loop->step();
  ASSERT_EQ(second.writes.size(), 10U);
  for (std::size_t i = 0; i < 8; ++i)
    loop->on_write(second.writes[i].id, g.deliver(second.writes[i], v2));
  EXPECT_TRUE(loop->step().finished);
  const auto report = loop->report();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.placed.size(), 8U);
  EXPECT_EQ(report.unknown_servers, (std::set{second.writes[8].server, second.writes[9].server}));
  // What comes now is settled already.
  loop->on_write(second.writes[8].id, g.deliver(second.writes[8], v2));
  EXPECT_EQ(loop->report().placed.size(), 8U);
}

TEST(publish_order, writes_to_those_alone_who_took_the_phase_before) {
  model_grid g(10);
  g.fill(v1);
  g.before = [&](const publish_message& m) {
    return m.server == g.order[3] ? std::optional(outcome(write_outcome_kind::no_space)) : std::nullopt;
  };
  const auto report = publish_with(g, 9, g.map());
  ASSERT_TRUE(report.ok()) << to_string(report.end);
  EXPECT_EQ(std::ranges::count(g.sent, g.order[3], &publish_message::server), 1);
  EXPECT_EQ(g.at(3, 3), v1);
}
