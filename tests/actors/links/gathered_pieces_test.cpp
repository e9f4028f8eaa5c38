#include "truckee/actors/links/gathered_pieces.hpp"

#include "manual_time.hpp"
#include "truckee/storage/memory_store.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::actors;

namespace {

staging_id staging_number(std::uint8_t number) {
  staging_id out;
  out.data.fill(std::byte{number});
  return out;
}

grid::stage_piece piece_of(std::uint64_t offset, std::string_view data, std::uint8_t staging = 1,
                           std::uint8_t share = 3) {
  return {{}, {share}, staging_number(staging), {offset, shared_bytes::copy_of(data)}, false};
}

std::shared_ptr<const grid::read_test_write> made_of(std::uint8_t staging, std::string_view head) {
  auto out = std::make_shared<grid::read_test_write>();
  grid::share_change change;
  change.share = {3};
  change.writes.push_back({0, shared_bytes::copy_of(head)});
  change.staged = staging_number(staging);
  out->changes.push_back(change);
  return out;
}

/// What a server of Tahoe-LAFS has of it, where `before` was.
std::string share_after(const grid::read_test_write& change, std::string_view before) {
  const auto store = storage::make_memory_store({}, [] { return std::uint64_t{1'700'000'000}; });
  grid::read_test_write first;
  first.changes.push_back({{3}, {}, {{0, shared_bytes::copy_of(before)}}, std::nullopt});
  EXPECT_EQ(store->read_test_write(first).status, grid::storage_status::ok);
  EXPECT_EQ(store->read_test_write(change).status, grid::storage_status::ok);
  const auto got = store->read({{}, {}, {{0, 1000}}});
  return std::string(as_text(got.reads.at({3}).at(0).view()));
}

class gathered : public ::testing::Test {
protected:
  std::shared_ptr<test::manual_time> time = std::make_shared<test::manual_time>();
  gathered_pieces pieces{time, 20};
};

} // namespace

TEST_F(gathered, pieces_become_a_share_as_if_the_server_had_them) {
  // In any order, and again; nothing of the longer share that was there stays.
  EXPECT_EQ(pieces.take(piece_of(8, "89")).status, grid::storage_status::ok);
  EXPECT_EQ(pieces.take(piece_of(4, "4567")).status, grid::storage_status::ok);
  EXPECT_EQ(pieces.take(piece_of(4, "4567")).status, grid::storage_status::ok);
  EXPECT_EQ(pieces.bytes(), 6U);
  const auto change = pieces.filled(made_of(1, "head"));
  ASSERT_TRUE(change);
  EXPECT_EQ(share_after(*change, "a longer share than ever"), "head456789");
  EXPECT_EQ(share_after(*change, "x"), "head456789");
}

TEST_F(gathered, a_change_that_names_nothing_stays_as_it_is_and_one_that_names_what_is_not_here_is_none) {
  const auto plain = std::make_shared<const grid::read_test_write>();
  EXPECT_EQ(pieces.filled(plain), plain);
  EXPECT_EQ(pieces.filled(made_of(1, "head")), nullptr);
  pieces.take(piece_of(4, "4567", 1));
  EXPECT_EQ(pieces.filled(made_of(2, "head")), nullptr) << "it is another publish's";
}

TEST_F(gathered, too_much_is_refused_with_the_limit_and_what_is_let_go_makes_room) {
  EXPECT_EQ(pieces.take(piece_of(0, "0123456789", 1)).status, grid::storage_status::ok);
  EXPECT_EQ(pieces.take(piece_of(0, "0123456789", 2)).status, grid::storage_status::ok);
  const auto no = pieces.take(piece_of(10, "x", 2));
  EXPECT_EQ(no.status, grid::storage_status::too_large);
  EXPECT_NE(no.detail.find("20 bytes at once"), std::string::npos) << no.detail;
  EXPECT_EQ(pieces.filled(made_of(2, "head")), nullptr) << "a share that lacks a piece is none";
  EXPECT_EQ(pieces.bytes(), 10U);
  auto done = piece_of(0, "", 1);
  done.let_go = true;
  EXPECT_EQ(pieces.take(done).status, grid::storage_status::ok);
  EXPECT_EQ(pieces.bytes(), 0U);
}

TEST_F(gathered, what_nobody_goes_on_with_goes_where_room_is_wanted) {
  pieces.take(piece_of(0, "0123456789", 1));
  time->set(time->now().time_since_epoch() + gathered_pieces::idle_max * 2 / 3);
  pieces.take(piece_of(0, "0123", 2));
  time->set(time->now().time_since_epoch() + gathered_pieces::idle_max * 2 / 3);
  EXPECT_EQ(pieces.take(piece_of(0, "0123456789", 3)).status, grid::storage_status::ok);
  EXPECT_EQ(pieces.filled(made_of(1, "head")), nullptr);
  EXPECT_NE(pieces.filled(made_of(2, "head")), nullptr);
}
