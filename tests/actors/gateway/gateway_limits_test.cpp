#include "actors/server_words.hpp"
#include "truckee/actors/shell/metric_words.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using namespace truckee::test;

/// What the door refuses, and what it says.
namespace {

class a_gateways_limits : public ::testing::Test {
protected:
  template <class Reply, class Request>
  Reply ask(const Request& request) {
    const auto done = grid_.run.ask<Reply>(grid_.gateway(), request);
    EXPECT_TRUE(grid_.wait(done));
    return **done;
  }
  static shared_bytes text(std::size_t size) { return shared_bytes::copy_of(std::string(size, 'x')); }
  template <class Reply>
  static void expect_refused(const Reply& reply, errc kind, const std::string& text) {
    EXPECT_FALSE(reply.ok);
    EXPECT_EQ(reply.failure.code, kind) << to_string(reply.failure);
    EXPECT_NE(reply.failure.detail.find(text), std::string::npos) << reply.failure.detail;
  }

  test_grid grid_;
};

class deaf_state {
public:
  using handle = messages::progress_listener;
  static constexpr const char* name = "truckee.test.deaf";
  explicit deaf_state(messages::shell<deaf_state>*) {}
  messages::behavior<handle> make_behavior() {
    return {[](const messages::progress_event&) {}};
  }
};

} // namespace

TEST_F(a_gateways_limits, content_beyond_the_limit_is_refused_with_both_sizes) {
  grid_.gateway_limits.content_bytes_max = 100;
  messages::publish_request x;
  x.content = text(101);
  const auto reply = ask<messages::publish_reply>(x);
  expect_refused(reply, errc::too_large, "101 bytes and at most 100");
  messages::append_request more;
  more.write_cap = test_grid::write_cap();
  more.data = text(101);
  expect_refused(ask<messages::publish_reply>(more), errc::too_large, "at most 100");
}

TEST_F(a_gateways_limits, an_append_that_would_make_the_file_too_large_writes_nothing) {
  grid_.gateway_limits.content_bytes_max = 100;
  grid_.create(std::string(60, 'a'));
  messages::append_request more;
  more.write_cap = test_grid::write_cap();
  more.data = text(41);
  expect_refused(ask<messages::publish_reply>(more), errc::too_large, "101 bytes and at most 100");
  more.data = text(40);
  EXPECT_TRUE(ask<messages::publish_reply>(more).ok);
  more.data = text(0);
  const auto nothing = ask<messages::publish_reply>(more);
  EXPECT_TRUE(nothing.ok);
  EXPECT_TRUE(nothing.unchanged);
}

TEST_F(a_gateways_limits, an_append_needs_a_write_capability) {
  messages::append_request more;
  more.write_cap = "nonsense";
  expect_refused(ask<messages::publish_reply>(more), errc::bad_capability, "");
}

TEST_F(a_gateways_limits, more_operations_than_the_limit_are_refused_and_later_served) {
  grid_.gateway_limits.admission.operations_max = 2;
  grid_.create("one");
  hang_all_writes(grid_);
  const auto first = grid_.put("two");
  const auto second = grid_.put("three");
  grid_.run.settle();
  expect_refused(ask<messages::publish_reply>(messages::publish_request{}), errc::refused, "try again later");
  messages::retrieve_request read;
  read.cap = test_grid::write_cap();
  expect_refused(ask<messages::retrieve_reply>(read), errc::refused, "too many operations");
  release_all(grid_);
  ASSERT_TRUE(grid_.wait(first));
  ASSERT_TRUE(grid_.wait(second));
  EXPECT_TRUE(ask<messages::retrieve_reply>(read).ok);
}

TEST_F(a_gateways_limits, one_token_names_one_new_file_at_a_time) {
  grid_.gateway();
  const auto first = grid_.put_new("one", 7);
  const auto second = grid_.put_new("two", 7);
  ASSERT_TRUE(grid_.wait(first));
  ASSERT_TRUE(grid_.wait(second));
  EXPECT_TRUE((*first)->ok);
  expect_refused(**second, errc::refused, "token");
}

TEST_F(a_gateways_limits, a_cancel_that_comes_before_its_request_stops_it_and_the_oldest_are_forgotten) {
  grid_.create("one");
  EXPECT_FALSE(grid_.cancel(7));
  const auto put = grid_.put("two", 7);
  ASSERT_TRUE(grid_.wait(put));
  expect_refused(**put, errc::cancelled, "before it began");
  EXPECT_FALSE(grid_.cancel(8));
  for (std::uint64_t other = 1000; other < 1064; ++other)
    EXPECT_FALSE(grid_.cancel(other));
  const auto next = grid_.put("three", 8);
  ASSERT_TRUE(grid_.wait(next));
  EXPECT_TRUE((*next)->ok) << "nobody can make a gateway remember cancels for ever";
}

TEST_F(a_gateways_limits, more_subscribers_than_the_limit_are_told_no) {
  grid_.gateway_limits.subscribers_max = 1;
  const auto first = messages::spawn<deaf_state>(grid_.run.system());
  const auto second = messages::spawn<deaf_state>(grid_.run.system());
  EXPECT_TRUE(ask<messages::subscribe_answer>(messages::subscribe{first}).accepted);
  EXPECT_FALSE(ask<messages::subscribe_answer>(messages::subscribe{second}).accepted);
  grid_.run.kill(first);
  grid_.run.settle();
  EXPECT_TRUE(ask<messages::subscribe_answer>(messages::subscribe{second}).accepted) << "there is room again";
  grid_.run.kill(second);
}

TEST(metric_words, every_word_of_a_server_has_its_label) {
  using grid::storage_status;
  EXPECT_EQ(actors::outcome_of(storage_status::ok), std::nullopt);
  EXPECT_EQ(actors::outcome_of(storage_status::test_failed), std::nullopt);
  std::set<errc> labels;
  for (std::uint8_t i = 2; i < grid::storage_status_count; ++i) {
    const auto label = actors::outcome_of(static_cast<storage_status>(i));
    ASSERT_TRUE(label) << int{i};
    EXPECT_NE(*label, errc::internal) << int{i};
    labels.insert(*label);
  }
  EXPECT_EQ(labels.size(), grid::storage_status_count - 2U) << "no two are counted as one";
  std::set<server_outcome> outcomes;
  for (std::size_t i = 0; i < grid::write_outcome_kind_count; ++i)
    outcomes.insert(actors::outcome_of(static_cast<grid::write_outcome_kind>(i)));
  EXPECT_GE(outcomes.size(), grid::write_outcome_kind_count - 1);
}
