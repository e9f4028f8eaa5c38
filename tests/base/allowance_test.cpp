#include "truckee/base/allowance.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;

TEST(allowance, is_so_many_at_once_and_one_more_each_interval) {
  allowance x(3, 10s);
  const allowance::time_point start{100s};
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(x.take(start)) << i;
  EXPECT_FALSE(x.take(start));
  EXPECT_FALSE(x.take(start + 9s));
  EXPECT_TRUE(x.take(start + 10s));
  EXPECT_FALSE(x.take(start + 10s));
  EXPECT_TRUE(x.take(start + 20s));
}

TEST(allowance, of_a_long_silence_is_no_more_than_at_the_start) {
  allowance x(2, 10s);
  EXPECT_TRUE(x.take(allowance::time_point{1s}));
  const allowance::time_point later{10'000s};
  EXPECT_TRUE(x.take(later));
  EXPECT_TRUE(x.take(later));
  EXPECT_FALSE(x.take(later));
}
