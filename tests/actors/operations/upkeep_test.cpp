#include "actors/stored_shares.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using test::stored_shares;
using test::test_grid;

/// Checks, verifies and repairs that do not go well, or are stopped.
namespace {

class upkeep : public ::testing::Test {
protected:
  upkeep() { grid_.create(std::string(20'000, 'x')); }

  auto start_check(bool verify, bool lease = false, std::uint64_t token = 7) {
    messages::check_request x;
    x.token = {token};
    x.cap = test_grid::write_cap();
    x.verify = verify;
    x.add_lease = lease;
    return grid_.run.ask<messages::check_reply>(grid_.gateway(), x);
  }
  auto start_repair(std::uint64_t token = 7, std::uint64_t timeout_ms = 0) {
    return grid_.run.ask<messages::repair_reply>(
        grid_.gateway(), messages::repair_request{{token}, test_grid::write_cap(), false, timeout_ms});
  }
  void hang_reads(std::uint64_t longer_than) {
    for (const auto& script : grid_.scripts)
      script->read = [store = script->store, longer_than](const grid::slot_read& x) {
        return x.reads.at(0).length > longer_than ? std::nullopt : std::optional(store->read(x));
      };
  }
  void hang_writes() {
    for (const auto& script : grid_.scripts)
      script->write = [](const auto&) { return std::optional<grid::read_test_write_answer>{}; };
  }

  test_grid grid_;
};

} // namespace

TEST_F(upkeep, a_check_that_is_stopped_says_that_it_has_not_seen_all) {
  hang_reads(0);
  const auto check = start_check(false);
  grid_.run.advance(50ms);
  EXPECT_TRUE(grid_.cancel(7));
  ASSERT_TRUE(grid_.wait(check));
  EXPECT_FALSE((*check)->ok);
  EXPECT_EQ((*check)->failure.code, errc::cancelled);
}

TEST_F(upkeep, a_verify_that_is_stopped_says_so_too) {
  hang_reads(4000);
  const auto verify = start_check(true);
  grid_.run.advance(50ms);
  EXPECT_TRUE(grid_.cancel(7));
  ASSERT_TRUE(grid_.wait(verify));
  EXPECT_EQ((*verify)->failure.code, errc::cancelled);
}

TEST_F(upkeep, a_verify_of_shares_that_are_not_given_is_not_healthy_and_names_them) {
  hang_reads(4000);
  const auto verify = start_check(true);
  ASSERT_TRUE(grid_.wait(verify));
  EXPECT_FALSE((*verify)->healthy);
  EXPECT_GE((*verify)->servers.size(), 10U);
  EXPECT_EQ((*verify)->servers.back().outcome, server_outcome::share_not_read);
}

TEST_F(upkeep, a_verify_names_shares_that_went_between_map_and_read) {
  for (const auto& script : grid_.scripts)
    script->read = [store = script->store](const grid::slot_read& x) {
      auto answer = store->read(x);
      if (x.reads.at(0).length > 4000) {
        answer.reads.clear();
        answer.damaged.emplace(x.shares.at(0), "its sectors are gone");
      }
      return std::optional(answer);
    };
  const auto verify = start_check(true);
  ASSERT_TRUE(grid_.wait(verify));
  EXPECT_FALSE((*verify)->healthy);
  ASSERT_EQ((*verify)->bad.size(), 10U);
  EXPECT_NE((*verify)->bad[0].reason.find("its sectors are gone"), std::string::npos);
}

TEST_F(upkeep, leases_are_added_where_shares_are_and_a_server_that_does_not_is_named) {
  const auto good = start_check(false, true);
  ASSERT_TRUE(grid_.wait(good));
  EXPECT_TRUE((*good)->ok);
  EXPECT_TRUE((*good)->healthy);
  for (const auto& server : (*good)->servers)
    EXPECT_NE(server.outcome, server_outcome::lease_not_added) << server.server << server.detail;
}

TEST_F(upkeep, a_repair_stopped_while_it_reads_has_written_nothing) {
  stored_shares(grid_).lose(2);
  hang_reads(4000);
  const auto repair = start_repair();
  grid_.run.advance(50ms);
  EXPECT_TRUE(grid_.cancel(7));
  ASSERT_TRUE(grid_.wait(repair));
  EXPECT_EQ((*repair)->failure.code, errc::cancelled);
  EXPECT_EQ((*repair)->done, messages::repair_action::nothing);
  EXPECT_EQ(stored_shares(grid_).at(2).size(), 0U);
}

TEST_F(upkeep, a_repair_stopped_while_it_writes_says_what_it_reached) {
  stored_shares(grid_).lose(2);
  hang_writes();
  const auto repair = start_repair();
  grid_.run.advance(100ms);
  EXPECT_TRUE(grid_.cancel(7));
  ASSERT_TRUE(grid_.wait(repair));
  EXPECT_FALSE((*repair)->ok);
  EXPECT_EQ((*repair)->failure.code, errc::cancelled);
  EXPECT_EQ((*repair)->done, messages::repair_action::refilled);
}

TEST_F(upkeep, a_repair_without_any_private_key_says_that_it_cannot_sign) {
  stored_shares shares(grid_);
  for (std::size_t i = 0; i < grid_.scripts.size(); ++i)
    shares.flip(i, shares.layout(i).encrypted_private_key.offset + 5);
  const auto repair = start_repair();
  ASSERT_TRUE(grid_.wait(repair));
  EXPECT_FALSE((*repair)->ok);
  EXPECT_FALSE((*repair)->failure.detail.empty());
}

TEST_F(upkeep, a_repair_whose_own_time_is_over_is_a_timeout) {
  stored_shares(grid_).lose(2);
  hang_reads(4000);
  const auto repair = start_repair(7, 500);
  ASSERT_TRUE(grid_.wait(repair));
  EXPECT_EQ((*repair)->failure.code, errc::timeout);
}
