#include "truckee/base/bytes.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/base/random.hpp"
#include "truckee/base/shared_bytes.hpp"

#include <gtest/gtest.h>

using namespace truckee;

TEST(bytes, hex_goes_both_ways_and_refuses_what_is_not_hex) {
  EXPECT_EQ(to_hex(as_bytes("\x01\xff")), "01ff");
  EXPECT_EQ(as_text(*from_hex("414243")), "ABC");
  EXPECT_EQ(from_hex("01F"), std::nullopt);
  EXPECT_EQ(from_hex("zz"), std::nullopt);
}

TEST(bytes, integers_are_big_endian) {
  std::array<std::byte, 8> raw{};
  store_be<std::uint64_t>(raw, 0x0102030405060708U);
  EXPECT_EQ(to_hex(raw), "0102030405060708");
  EXPECT_EQ(load_be<std::uint64_t>(raw), 0x0102030405060708U);
  EXPECT_EQ(load_be<std::uint16_t>(raw), 0x0102U);
  EXPECT_EQ(load_be<std::uint8_t>(raw), 1U);
}

TEST(bytes, fixed_bytes_refuse_another_length) {
  EXPECT_FALSE(storage_index::from(as_bytes("short")));
  EXPECT_TRUE(storage_index::from(as_bytes("0123456789abcdef")));
}

TEST(bytes, secrets_compare_by_content) {
  const auto a = server_secret::from(bytes(32, std::byte{1}));
  auto b = *a;
  EXPECT_TRUE(*a == b);
  b.data[31] = std::byte{2};
  EXPECT_FALSE(*a == b);
}

TEST(shared_bytes, a_slice_shares_memory_and_is_cut_at_the_end) {
  const auto whole = shared_bytes::copy_of("hello world");
  const auto part = whole.slice(6, 100);
  EXPECT_EQ(as_text(part.view()), "world");
  EXPECT_EQ(part.data(), whole.data() + 6);
  EXPECT_TRUE(whole.slice(11, 1).empty());
  EXPECT_TRUE(whole.slice(50, 1).empty());
}

TEST(shared_bytes, a_buffer_is_aligned_where_asked) {
  for (std::size_t at : {0UL, 1UL, 63UL, 64UL, 657UL}) {
    buffer b(1000, at);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b.data() + at) % buffer::alignment, 0U) << "align_at " << at;
  }
}

TEST(random, below_stays_below_and_reaches_every_value) {
  std::array<int, 5> seen{};
  for (int i = 0; i < 1000; ++i)
    ++seen.at(system_random().below(5));
  for (int count : seen)
    EXPECT_GT(count, 0);
}
