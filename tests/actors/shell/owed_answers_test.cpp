#include "manual_time.hpp"
#include "truckee/actors/shell/owed_answers.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

/// Asked at 0 s; patience is 0.25 s until an answer says more.
class owed : public testing::Test {
protected:
  owed() {
    services_->time = time_;
    answers_ = std::make_unique<actors::owed_answers<int>>(services_);
    for (const int each : {1, 2, 3})
      answers_->asked(each);
  }

  std::shared_ptr<test::manual_time> time_ = std::make_shared<test::manual_time>();
  std::shared_ptr<actors::services> services_ = std::make_shared<actors::services>();
  std::unique_ptr<actors::owed_answers<int>> answers_;
};

} // namespace

TEST_F(owed, nobody_is_slow_before_the_least_patience_is_over) {
  time_->set(249ms);
  EXPECT_FALSE(answers_->is_slow(1));
  time_->set(250ms);
  EXPECT_TRUE(answers_->is_slow(1));
  EXPECT_TRUE(answers_->all_are_slow());
}

TEST_F(owed, slow_is_who_takes_much_longer_than_the_slowest_that_answered) {
  EXPECT_TRUE(answers_->answered(1, 1.0));
  time_->set(3999ms);
  EXPECT_FALSE(answers_->is_slow(2));
  EXPECT_NE(answers_->why_left().find("4 s"), std::string::npos) << answers_->why_left();
  time_->set(4s);
  EXPECT_TRUE(answers_->is_slow(2));
  EXPECT_FALSE(answers_->is_slow(1)); // it answered
}

TEST_F(owed, all_are_slow_when_the_one_asked_last_is) {
  time_->set(200ms);
  answers_->asked(3); // once more
  time_->set(300ms);
  EXPECT_TRUE(answers_->is_slow(2));
  EXPECT_FALSE(answers_->all_are_slow());
  EXPECT_NEAR(answers_->seconds(3), 0.1, 1e-9);
}

TEST_F(owed, an_answer_of_one_that_was_left_is_none) {
  answers_->left(2);
  EXPECT_FALSE(answers_->answered(2, 100.0));
  EXPECT_EQ(answers_->all(), (std::vector{1, 3}));
  time_->set(250ms); // and it does not make anybody patient
  EXPECT_TRUE(answers_->is_slow(1));
}
