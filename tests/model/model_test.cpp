#include "model/explorer.hpp"

#include <gtest/gtest.h>

using namespace truckee::model;

TEST(model, placeholder) {
  EXPECT_TRUE(explore(known_scopes().front(), 1'000'000).broken.empty());
}
