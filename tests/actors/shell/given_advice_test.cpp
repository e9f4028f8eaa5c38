#include "truckee/actors/shell/given_advice.hpp"

#include "actors/stored_shares.hpp"

#include <gtest/gtest.h>
#include <thread>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

TEST(given_advice, who_waits_for_what_is_on_its_way_waits_no_longer_than_that) {
  const auto given = std::make_shared<actors::given_advice>();
  EXPECT_TRUE(given->wait_until_told(0ms));
  auto one = actors::given_advice::goes_out(given);
  auto other = actors::given_advice::goes_out(given);
  EXPECT_FALSE(given->wait_until_told(1ms));
  one.reset();
  EXPECT_FALSE(given->wait_until_told(1ms));
  std::jthread answers([&] { other.reset(); });
  EXPECT_TRUE(given->wait_until_told(30s));
}

// Whoever met the share has ended when its server has not answered yet: the process must not end before.
TEST(given_advice, is_on_its_way_until_the_server_has_answered) {
  test_grid grid;
  grid.create("content");
  stored_shares(grid).flip(0, 5); // the sequence number: the signature is another's
  grid.scripts[0]->holds_advice = true;
  const auto checked = grid.check();
  ASSERT_TRUE(grid.wait(checked));
  EXPECT_EQ(grid.scripts[0]->advice.size(), 1U);
  EXPECT_FALSE(grid.services->advice->wait_until_told(0ms));
  grid.scripts[0]->release(grid.run);
  grid.run.settle();
  EXPECT_TRUE(grid.services->advice->wait_until_told(0ms));
}
