#include "actors/stored_shares.hpp"
#include "truckee/actors/operations/sent_versions.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::actors;
using namespace std::chrono_literals;
using test::test_grid;

namespace {

storage_index slot(std::uint8_t number) {
  storage_index out;
  out.data[0] = std::byte{number};
  return out;
}

grid::file_version version(std::uint64_t sequence) {
  grid::file_version out;
  out.sequence.value = sequence;
  return out;
}

grid::share_seal seal(std::size_t number) {
  grid::share_seal out;
  store_be(out.view().first(8), std::uint64_t{number});
  return out;
}

} // namespace

TEST(sent_history, a_file_keeps_its_versions_until_others_were_used_since) {
  sent_history history(2);
  sent_history::add(*history.of(slot(1)), {version(4)});
  sent_history::add(*history.of(slot(2)), {version(5)});
  EXPECT_TRUE(history.of(slot(1))->versions.contains(version(4)));
  (void)history.of(slot(3)); // slot 2 was used longest ago
  EXPECT_EQ(history.size(), 2U);
  EXPECT_TRUE(history.of(slot(1))->versions.contains(version(4)));
  EXPECT_TRUE(history.of(slot(2))->versions.empty()) << "forgotten";
}

TEST(sent_history, of_one_file_the_newest_are_kept) {
  sent_versions sent;
  for (std::uint64_t i = 1; i <= sent_history::versions_max + 10; ++i)
    sent_history::add(sent, {version(i)});
  EXPECT_EQ(sent.versions.size(), sent_history::versions_max);
  EXPECT_EQ(sent.versions.begin()->sequence.value, 11U);
  for (std::size_t i = 0; i < sent_history::seals_max + 10; ++i)
    sent_history::add(sent, {}, {seal(i)});
  EXPECT_EQ(sent.seals.size(), sent_history::seals_max);
  EXPECT_EQ(sent.seals.front(), seal(10));
}

// Invariant 6 across operations: a lone writer's earlier put may land while its next one runs.
TEST(sent_versions, what_an_earlier_operation_sent_lands_late_and_is_nobody_elses) {
  test_grid grid;
  grid.create("one");
  std::vector<grid::read_test_write> late(grid.scripts.size());
  for (std::size_t i = 0; i + 1 < grid.scripts.size(); ++i)
    grid.scripts[i]->write = [&late, i](const grid::read_test_write& x) {
      late[i] = x;
      return std::optional<grid::read_test_write_answer>{};
    };
  auto& last = grid.scripts.back(); // takes one share and is full
  last->write = [&, taken = 0](const grid::read_test_write& x) mutable {
    if (++taken == 1)
      return std::optional(last->store->read_test_write(x));
    grid::read_test_write_answer full;
    full.status = grid::storage_status::no_space;
    return std::optional(full);
  };
  const auto lost = grid.put("two");
  ASSERT_TRUE(grid.wait(lost));
  EXPECT_FALSE((*lost)->ok) << "only one server took a share of it";
  // Between the next map and the next write, the old message reaches server 0.
  for (const auto& script : grid.scripts)
    script->write = nullptr;
  grid.run.advance(5min); // until the links know again that their servers answer
  auto& first = grid.scripts[0];
  first->write = [&](const grid::read_test_write& x) {
    if (late[0].changes.empty())
      return std::optional(first->store->read_test_write(x));
    const auto landed = first->store->read_test_write(std::exchange(late[0], {}));
    EXPECT_EQ(landed.status, grid::storage_status::ok);
    return std::optional(first->store->read_test_write(x));
  };
  const auto put = grid.put("three");
  ASSERT_TRUE(grid.wait(put));
  EXPECT_TRUE((*put)->ok) << to_string((*put)->failure);
  const auto status = grid.run.ask<messages::status_reply>(grid.gateway(), messages::status_request{});
  ASSERT_TRUE(grid.wait(status));
  const auto detail = grid.run.ask<messages::operation_detail>(
      grid.gateway(), messages::operation_detail_request{(*status)->recent.at(0).operation});
  ASSERT_TRUE(grid.wait(detail));
  ASSERT_TRUE((*detail)->publish);
  EXPECT_EQ((*detail)->publish->tries, 1U) << "it never took itself for another writer";
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got));
  EXPECT_EQ(std::string(as_text((*got)->content.view())), "three");
}

TEST(sent_versions, a_repair_after_a_put_fills_in_what_the_put_had_placed) {
  test_grid grid;
  ASSERT_TRUE(grid.wait(grid.put_new("nothing to do with it")));
  grid.create("one");
  ASSERT_TRUE(grid.wait(grid.put("two")));
  test::stored_shares(grid).lose(4);
  const auto repair = grid.run.ask<messages::repair_reply>(
      grid.gateway(), messages::repair_request{{}, test_grid::write_cap(), false, 0});
  ASSERT_TRUE(grid.wait(repair));
  EXPECT_TRUE((*repair)->ok) << to_string((*repair)->failure);
  EXPECT_EQ((*repair)->done, messages::repair_action::refilled);
  EXPECT_EQ(test::stored_shares(grid).at(4).size(), 1U);
}
