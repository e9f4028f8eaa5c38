#include "truckee/base/buffer_pool.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

using namespace truckee;

TEST(buffer_pool, memory_comes_back_when_the_last_user_is_gone_and_is_used_again) {
  buffer_pool pool(1 << 20);
  const std::byte* first = nullptr;
  {
    shared_bytes whole(pool.take(10000));
    first = whole.data();
    const auto part = whole.slice(9000, 10);
    whole = {};
    EXPECT_EQ(pool.kept_bytes(), 0U) << "a slice still uses it";
  }
  EXPECT_EQ(pool.kept_bytes(), 12288U);
  const auto again = pool.take(10100);
  EXPECT_EQ(again.data(), first);
  EXPECT_EQ(again.size(), 10100U);
  EXPECT_EQ(pool.kept_bytes(), 0U);
}

TEST(buffer_pool, a_buffer_is_aligned_where_asked_fresh_or_used) {
  buffer_pool pool(1 << 20);
  for (int round = 0; round < 2; ++round)
    for (const std::size_t at : {0UL, 1UL, 63UL, 64UL, 825UL}) {
      auto one = pool.take(5000, at);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one.data() + at) % buffer::alignment, 0U)
          << "align_at " << at;
      one.data()[4999] = std::byte{1};
    }
}

TEST(buffer_pool, idle_memory_stays_below_the_limit) {
  buffer_pool pool(100000);
  {
    std::vector<buffer> all;
    for (int i = 0; i < 50; ++i)
      all.push_back(pool.take(8192));
  }
  EXPECT_GT(pool.kept_bytes(), 80000U);
  EXPECT_LE(pool.kept_bytes(), 100000U);
}

TEST(buffer_pool, a_small_buffer_does_not_take_large_memory) {
  buffer_pool pool(1 << 20);
  pool.take(500000);
  const auto kept = pool.kept_bytes();
  const auto small = pool.take(1000);
  EXPECT_EQ(pool.kept_bytes(), kept);
}

TEST(buffer_pool, small_buffers_come_out_of_the_pool_again) {
  buffer_pool pool(1 << 20);
  for (int round = 0; round < 100; ++round) {
    const auto tiny = pool.take(100);
    const auto small = pool.take(1000, 825);
    const auto pages = pool.take(4097);
  }
  EXPECT_EQ(pool.kept_bytes(), 4096U + 4096U + 8192U) << "what one round needs, and no more";
}

TEST(buffer_pool, a_buffer_may_outlive_its_pool_and_nothing_needs_no_memory) {
  shared_bytes left;
  {
    buffer_pool pool(1 << 20);
    left = pool.take(100);
    EXPECT_EQ(pool.take(0).size(), 0U);
  }
  EXPECT_EQ(left.size(), 100U);
}

TEST(buffer_pool, threads_may_take_and_give_back_at_once) {
  buffer_pool pool(1 << 20);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&pool, t] {
        for (std::size_t i = 0; i < 500; ++i) {
          auto one = pool.take(1000 + i % 7 * 1000);
          one.data()[0] = static_cast<std::byte>(t);
          ASSERT_EQ(one.data()[0], static_cast<std::byte>(t));
        }
      });
  }
  EXPECT_LE(pool.kept_bytes(), std::size_t{1} << 20);
}
