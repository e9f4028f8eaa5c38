#include "truckee/base/assert.hpp"

#include <gtest/gtest.h>

using namespace truckee;

TEST(assertion, that_holds_changes_nothing) {
  TRUCKEE_ASSERT(1 + 1 == 2, "numbers are what they were");
}

TEST(assertion, says_what_did_not_hold_and_ends_the_process_where_it_is_on) {
  if (!assertions_are_on)
    GTEST_SKIP() << "assertions are off in this build";
  const int placed = 3;
  const int goal = 2;
  EXPECT_DEATH(TRUCKEE_ASSERT(placed <= goal, "what is placed was a goal"),
               "assert_test.cpp:[0-9]+: a defect: what is placed was a goal; placed <= goal does not hold");
}

TEST(assertion, costs_nothing_where_it_is_off) {
  int evaluated = 0;
  TRUCKEE_ASSERT(++evaluated == 1, "is looked at where assertions are on");
  EXPECT_EQ(evaluated, assertions_are_on ? 1 : 0);
}
