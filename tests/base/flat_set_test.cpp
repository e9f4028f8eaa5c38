#include "truckee/base/flat_set.hpp"

#include <gtest/gtest.h>
#include <random>
#include <set>

using truckee::flat_set;

TEST(flat_set, does_what_a_set_does) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 100; ++round) {
    flat_set<int> flat;
    std::set<int> tree;
    for (int step = 0; step < 40; ++step) {
      const auto value = static_cast<int>(random() % 12);
      switch (random() % 4) {
      case 0:
        EXPECT_EQ(flat.erase(value), tree.erase(value));
        break;
      case 1: {
        const std::vector<int> more{value, static_cast<int>(random() % 12), value};
        flat.insert(more.begin(), more.end());
        tree.insert(more.begin(), more.end());
        break;
      }
      default: {
        const auto [at, added] = flat.insert(value);
        EXPECT_EQ(*at, value);
        EXPECT_EQ(added, tree.insert(value).second);
      }
      }
      if (!tree.empty() && random() % 8 == 0) {
        flat.erase(flat.begin());
        tree.erase(tree.begin());
      }
      ASSERT_TRUE(std::equal(flat.begin(), flat.end(), tree.begin(), tree.end()));
      EXPECT_EQ(flat.size(), tree.size());
      EXPECT_EQ(flat.contains(value), tree.contains(value));
    }
  }
  EXPECT_EQ((flat_set<int>{3, 1, 3}), (flat_set<int>{1, 3}));
  EXPECT_TRUE(flat_set<int>().empty());
}
