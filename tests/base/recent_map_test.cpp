#include "truckee/base/recent_map.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

using truckee::recent_map;

TEST(recent_map, what_was_used_longest_ago_goes_first) {
  recent_map<int, std::string> map(3);
  for (int i = 1; i <= 3; ++i)
    map.put(i, std::to_string(i));
  ASSERT_NE(map.find(1), nullptr);
  map.put(4, "4");
  EXPECT_EQ(map.find(2), nullptr);
  EXPECT_NE(map.find(1), nullptr);
  EXPECT_EQ(*map.find(4), "4");
  EXPECT_EQ(map.size(), 3U);
}

TEST(recent_map, holds_no_more_than_its_weight) {
  recent_map<int, std::string> map(10);
  map.put(1, "a", 6);
  map.put(2, "b", 4);
  EXPECT_EQ(map.weight(), 10U);
  map.put(3, "c", 5);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(map.weight(), 9U);
  map.put(4, "too heavy", 11);
  EXPECT_EQ(map.find(4), nullptr);
  EXPECT_NE(map.find(2), nullptr) << "and nothing goes for it";
}

TEST(recent_map, a_new_value_stands_in_place_of_the_old_one_and_its_weight) {
  recent_map<int, std::string> map(10);
  map.put(1, "a", 6);
  map.put(1, "b", 3);
  EXPECT_EQ(*map.find(1), "b");
  EXPECT_EQ(map.weight(), 3U);
  map.put(1, "too heavy", 11);
  EXPECT_EQ(map.find(1), nullptr) << "what was there is not it any more";
  EXPECT_EQ(map.weight(), 0U);
}

TEST(recent_map, what_goes_is_destroyed) {
  recent_map<int, std::shared_ptr<int>> map(1);
  const auto value = std::make_shared<int>(1);
  map.put(1, value);
  map.put(2, nullptr);
  EXPECT_EQ(value.use_count(), 1);
}
