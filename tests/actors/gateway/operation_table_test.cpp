#include "truckee/actors/gateway/operation_table.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::actors;

namespace {

const caller owner{caf::node_id{}, 1, true};
const caller neighbour{caf::node_id{}, 2, true};

gateway_operation operation(std::uint64_t id, std::uint8_t file, std::uint64_t token = 0) {
  gateway_operation out;
  out.event.operation = id;
  out.event.token = {token};
  out.access.slot.data[0] = std::byte{file};
  out.from = owner;
  return out;
}

/// Adds it and puts it in line; true if it may begin at once.
bool enter(operation_table& table, gateway_operation what) {
  const auto id = what.event.operation;
  table.add(std::move(what));
  return table.line_up(id);
}

std::optional<std::uint64_t> next_after(operation_table& table, std::uint64_t id) {
  auto left = table.leave(id);
  if (!left)
    return std::nullopt;
  table.remember_ended(std::move(left->operation));
  return left->next;
}

operation_record refused(std::uint64_t id) {
  operation_record out;
  out.event.operation = id;
  return out;
}

messages::status_reply report(const operation_table& table) {
  messages::status_reply out;
  table.report(out, owner, {});
  return out;
}

} // namespace

TEST(operation_table, operations_of_one_file_come_one_after_another_in_order) {
  operation_table table(10, 10);
  EXPECT_TRUE(enter(table, operation(1, 7)));
  EXPECT_FALSE(enter(table, operation(2, 7)));
  EXPECT_FALSE(enter(table, operation(3, 7)));
  EXPECT_EQ(table.before(3), 1U);
  EXPECT_EQ(next_after(table, 1), 2U);
  EXPECT_EQ(next_after(table, 2), 3U);
  EXPECT_EQ(next_after(table, 3), std::nullopt);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(enter(table, operation(4, 7))) << "nobody is left to wait for";
}

TEST(operation_table, operations_of_other_files_do_not_wait) {
  operation_table table(10, 10);
  EXPECT_TRUE(enter(table, operation(1, 7)));
  EXPECT_TRUE(enter(table, operation(2, 8)));
}

TEST(operation_table, one_that_leaves_while_it_waits_gives_nobody_a_turn) {
  operation_table table(10, 10);
  enter(table, operation(1, 7));
  enter(table, operation(2, 7));
  enter(table, operation(3, 7));
  EXPECT_EQ(next_after(table, 2), std::nullopt);
  EXPECT_EQ(next_after(table, 1), 3U);
  EXPECT_EQ(next_after(table, 99), std::nullopt) << "unknown";
}

TEST(operation_table, is_found_by_its_callers_token_and_never_by_none) {
  operation_table table(10, 10);
  enter(table, operation(1, 7, 0));
  enter(table, operation(2, 8, 5));
  auto others = operation(3, 9, 5);
  others.from = neighbour;
  enter(table, std::move(others));
  ASSERT_NE(table.find(owner, {5}), nullptr);
  EXPECT_EQ(table.find(owner, {5})->event.operation, 2U);
  EXPECT_EQ(table.find(neighbour, {5})->event.operation, 3U) << "two callers' tokens never meet";
  EXPECT_EQ(table.find(owner, {0}), nullptr);
  EXPECT_EQ(table.find(owner, {6}), nullptr);
  EXPECT_NE(table.find(1), nullptr);
  EXPECT_EQ(table.find(4), nullptr);
  EXPECT_EQ(table.ids(), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(operation_table, says_which_of_a_token_somebody_may_end) {
  operation_table table(10, 10);
  enter(table, operation(1, 7, 5));
  enter(table, operation(2, 8, 5));
  const caller third{caf::node_id{}, 3, true};
  EXPECT_EQ(table.all_with(third, {5}).allowed.size(), 2U) << "of the gateway's own node";
  const caller nobody;
  EXPECT_TRUE(table.all_with(nobody, {5}).allowed.empty());
  EXPECT_EQ(table.all_with(nobody, {5}).forbidden.size(), 2U);
  EXPECT_TRUE(table.all_with(third, {0}).allowed.empty());
}

TEST(operation_table, shows_tokens_to_whom_they_belong_only) {
  operation_table table(10, 10);
  enter(table, operation(1, 7, 5));
  table.remember_refused(operation(2, 8, 6));
  messages::status_reply seen;
  table.report(seen, caller{}, {});
  EXPECT_EQ(seen.waiting.at(0).token.value, 0U);
  EXPECT_EQ(seen.recent.at(0).token.value, 0U);
  EXPECT_EQ(report(table).waiting.at(0).token.value, 5U);
}

TEST(operation_table, knows_the_one_that_waits_longest_also_before_its_file_is_known) {
  operation_table table(10, 10);
  EXPECT_EQ(table.oldest_waiting_ms(), std::nullopt);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    auto each = operation(id, 7);
    each.event.started_ms = 1000 * id;
    table.add(std::move(each));
  }
  EXPECT_EQ(table.oldest_waiting_ms(), 1000U);
  EXPECT_EQ(table.waiting(), 3U);
  EXPECT_EQ(next_after(table, 1), std::nullopt) << "it was in no line";
  ASSERT_TRUE(table.line_up(2));
  table.begins(2);
  EXPECT_EQ(table.oldest_waiting_ms(), 3000U);
  EXPECT_EQ(table.waiting(), 1U);
}

TEST(operation_table, remembers_the_newest_ended_ones_and_refused_ones_apart) {
  operation_table table(2, 1);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    enter(table, operation(id, 7));
    next_after(table, id);
  }
  for (std::uint64_t id = 11; id <= 13; ++id)
    table.remember_refused(refused(id));
  std::vector<std::uint64_t> left;
  for (const auto& event : report(table).recent)
    left.push_back(event.operation);
  EXPECT_EQ(left, (std::vector<std::uint64_t>{13, 3, 2}));
  EXPECT_EQ(table.record(1), nullptr) << "forgotten";
  EXPECT_NE(table.record(2), nullptr);
  EXPECT_NE(table.record(13), nullptr);
}

TEST(operation_table, reports_what_runs_and_what_waits) {
  operation_table table(10, 10);
  enter(table, operation(1, 7));
  table.begins(1);
  enter(table, operation(2, 7));
  const auto now = report(table);
  ASSERT_EQ(now.running.size(), 1U);
  EXPECT_EQ(now.running[0].operation, 1U);
  ASSERT_EQ(now.waiting.size(), 1U);
  EXPECT_EQ(now.waiting[0].operation, 2U);
  EXPECT_NE(table.record(2), nullptr) << "those that are here have a record, too";
}
