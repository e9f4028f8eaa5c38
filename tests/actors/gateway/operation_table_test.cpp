#include "truckee/actors/gateway/operation_table.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::actors;

namespace {

gateway_operation operation(std::uint64_t id, std::uint8_t file, std::uint64_t token = 0) {
  gateway_operation out;
  out.event.operation = id;
  out.event.token = {token};
  out.slot.data[0] = std::byte{file};
  return out;
}

operation_record refused(std::uint64_t id) {
  operation_record out;
  out.event.operation = id;
  return out;
}

messages::status_reply report(const operation_table& table) {
  messages::status_reply out;
  table.report(out, {});
  return out;
}

} // namespace

TEST(operation_table, operations_of_one_file_come_one_after_another_in_order) {
  operation_table table(10, 10);
  EXPECT_TRUE(table.enter(1, operation(1, 7)));
  EXPECT_FALSE(table.enter(2, operation(2, 7)));
  EXPECT_FALSE(table.enter(3, operation(3, 7)));
  EXPECT_EQ(table.before(3), 1U);
  EXPECT_EQ(table.leave(1), 2U);
  EXPECT_EQ(table.leave(2), 3U);
  EXPECT_EQ(table.leave(3), std::nullopt);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(table.enter(4, operation(4, 7))) << "nobody is left to wait for";
}

TEST(operation_table, operations_of_other_files_do_not_wait) {
  operation_table table(10, 10);
  EXPECT_TRUE(table.enter(1, operation(1, 7)));
  EXPECT_TRUE(table.enter(2, operation(2, 8)));
}

TEST(operation_table, one_that_leaves_while_it_waits_gives_nobody_a_turn) {
  operation_table table(10, 10);
  table.enter(1, operation(1, 7));
  table.enter(2, operation(2, 7));
  table.enter(3, operation(3, 7));
  EXPECT_EQ(table.leave(2), std::nullopt);
  EXPECT_EQ(table.leave(1), 3U);
  EXPECT_EQ(table.leave(99), std::nullopt) << "unknown";
}

TEST(operation_table, is_found_by_its_token_and_never_by_none) {
  operation_table table(10, 10);
  table.enter(1, operation(1, 7, 0));
  table.enter(2, operation(2, 8, 5));
  EXPECT_EQ(table.find(messages::operation_token{5}), 2U);
  EXPECT_EQ(table.find(messages::operation_token{0}), std::nullopt);
  EXPECT_EQ(table.find(messages::operation_token{6}), std::nullopt);
  EXPECT_NE(table.find(std::uint64_t{1}), nullptr);
  EXPECT_EQ(table.find(std::uint64_t{3}), nullptr);
  EXPECT_EQ(table.ids(), (std::vector<std::uint64_t>{1, 2}));
}

TEST(operation_table, remembers_the_newest_ended_ones_and_refused_ones_apart) {
  operation_table table(2, 1);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    table.enter(id, operation(id, 7));
    table.leave(id);
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
  table.enter(1, operation(1, 7));
  table.find(std::uint64_t{1})->running = true;
  table.enter(2, operation(2, 7));
  const auto now = report(table);
  ASSERT_EQ(now.running.size(), 1U);
  EXPECT_EQ(now.running[0].operation, 1U);
  ASSERT_EQ(now.waiting.size(), 1U);
  EXPECT_EQ(now.waiting[0].operation, 2U);
  EXPECT_NE(table.record(2), nullptr) << "those that are here have a record, too";
  EXPECT_EQ(table.count_from(caf::node_id{}), 2U);
}
