#include "truckee/control/windowed_read.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::control;
using namespace truckee::messages;

namespace {

/// A gateway's reply to it, of a file of so many bytes.
retrieve_reply reply_to_part(const retrieve_request& x, std::uint64_t file_bytes, std::uint64_t version = 3) {
  retrieve_reply out;
  out.ok = true;
  out.version.value = version;
  out.root = std::string(64, 'a');
  out.file_bytes = file_bytes;
  const auto left = file_bytes - std::min(file_bytes, x.offset);
  out.content = shared_bytes::copy_of(std::string(std::min(left, x.length), 'x'));
  return out;
}

/// Offset and length of each retrieve until all is there.
std::vector<std::pair<std::uint64_t, std::uint64_t>> asked_of(windowed_read& all, std::uint64_t file_bytes) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
  while (!all.done() && out.size() < 100) {
    const auto next = all.next();
    out.emplace_back(next.offset, next.length);
    EXPECT_EQ(next.only_if.has_value(), out.size() > 1);
    all.took(reply_to_part(next, file_bytes));
  }
  return out;
}

using parts = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

retrieve_request range(std::uint64_t offset, std::uint64_t length = UINT64_MAX) {
  retrieve_request out;
  out.offset = offset;
  out.length = length;
  return out;
}

} // namespace

TEST(windowed_read, a_small_file_takes_one_retrieve) {
  for (const std::uint64_t size : {0U, 1U, 9U, 10U}) {
    windowed_read all(range(0), 10);
    EXPECT_EQ(asked_of(all, size), (parts{{0, 10}})) << size;
    EXPECT_EQ(all.total(), size);
  }
  windowed_read whole(range(0), UINT64_MAX);
  EXPECT_EQ(asked_of(whole, 1000), (parts{{0, UINT64_MAX}}));
}

TEST(windowed_read, a_large_one_takes_as_many_as_it_has_windows_all_of_the_first_version) {
  windowed_read all(range(0), 10);
  EXPECT_EQ(asked_of(all, 25), (parts{{0, 10}, {10, 10}, {20, 5}}));
  EXPECT_EQ(all.version()->version.value, 3U);
  EXPECT_EQ(all.taken(), 25U);
}

TEST(windowed_read, of_a_range_no_more_is_asked_for_than_it_has) {
  const auto asked = [](std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
    windowed_read all(range(offset, length), 10);
    return asked_of(all, size);
  };
  EXPECT_EQ(asked(5, 3, 100), (parts{{5, 3}}));
  EXPECT_EQ(asked(5, 12, 100), (parts{{5, 10}, {15, 2}}));
  EXPECT_EQ(asked(95, 50, 100), (parts{{95, 10}}));
  EXPECT_EQ(asked(95, UINT64_MAX, 107), (parts{{95, 10}, {105, 2}}));
  EXPECT_EQ(asked(200, UINT64_MAX, 100), (parts{{200, 10}}));
  EXPECT_EQ(asked(UINT64_MAX - 1, UINT64_MAX, 100), (parts{{UINT64_MAX - 1, 10}}));
}

TEST(windowed_read, begun_again_it_takes_the_version_that_is_there_then) {
  windowed_read all(range(2), 10);
  all.took(reply_to_part(all.next(), 25));
  EXPECT_EQ(all.taken(), 10U);
  all.begin_again();
  EXPECT_FALSE(all.begun());
  EXPECT_EQ(all.taken(), 0U);
  EXPECT_EQ(all.next().offset, 2U);
  EXPECT_EQ(all.next().only_if, std::nullopt);
  all.took(reply_to_part(all.next(), 7, 4));
  EXPECT_TRUE(all.done());
  EXPECT_EQ(all.total(), 5U);
  EXPECT_EQ(all.version()->version.value, 4U);
}

TEST(windowed_read, a_part_that_is_not_there_ends_it) {
  windowed_read all(range(0), 10);
  all.took(reply_to_part(all.next(), 25));
  auto nothing = reply_to_part(all.next(), 25);
  nothing.content = {};
  all.took(nothing);
  EXPECT_TRUE(all.done());
}
