#include "actors/server_words.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;
using namespace truckee::messages;

/// What is asked for twice under one id happens once.
namespace {

class operation_ids : public ::testing::Test {
protected:
  template <class Reply, class Request>
  Reply ask(const Request& request) {
    const auto done = grid_.run.ask<Reply>(grid_.gateway(), request);
    EXPECT_TRUE(grid_.wait(done));
    return **done;
  }
  append_request line(const std::string& data, std::uint8_t id = 1) {
    append_request out;
    out.write_cap = test_grid::write_cap();
    out.data = shared_bytes::copy_of(data);
    out.operation.data[0] = static_cast<std::byte>(id);
    return out;
  }
  std::string content() {
    retrieve_request x;
    x.cap = test_grid::write_cap();
    return text(ask<retrieve_reply>(x).content);
  }
  /// How many writes came to that, as a scrape shows it.
  double counted(effect x) const {
    const auto text = grid_.services->metrics->text();
    const auto series = "\ntruckee_writes_total{effect=\"" + std::string(to_word(x)) + "\"} ";
    const auto at = text.find(series);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size()));
  }
  resolve_reply resolve(const append_request& x) {
    return ask<resolve_reply>(resolve_request{x.write_cap, x.operation});
  }

  test_grid grid_;
};

} // namespace

TEST_F(operation_ids, an_append_after_a_lost_answer_is_not_applied_again) {
  grid_.create("one ");
  const auto first = ask<publish_reply>(line("two "));
  EXPECT_EQ(first.became, effect::applied);
  EXPECT_EQ(first.operation, line("two ").operation);
  const auto again = ask<publish_reply>(line("two "));
  EXPECT_TRUE(again.ok);
  EXPECT_EQ(again.version, first.version);
  EXPECT_EQ(content(), "one two ");
  // The same line on purpose is another operation.
  EXPECT_TRUE(ask<publish_reply>(line("two ", 2)).ok);
  EXPECT_EQ(content(), "one two two ");
}

TEST_F(operation_ids, an_append_that_runs_is_joined) {
  grid_.create("one ");
  hang_all_writes(grid_);
  const auto first = grid_.run.ask<publish_reply>(grid_.gateway(), line("two "));
  const auto second = grid_.run.ask<publish_reply>(grid_.gateway(), line("two "));
  grid_.run.settle();
  EXPECT_TRUE(resolve(line("two ")).running);
  release_all(grid_);
  ASSERT_TRUE(grid_.wait(first));
  ASSERT_TRUE(grid_.wait(second));
  EXPECT_TRUE((*first)->ok);
  EXPECT_TRUE((*second)->ok);
  EXPECT_EQ(content(), "one two ");
}

TEST_F(operation_ids, one_whose_writes_stay_unanswered_may_be_applied_and_is_found_when_asked_for_again) {
  grid_.create("one ");
  hang_all_writes(grid_); // the servers take it, and say nothing
  const auto first = ask<publish_reply>(line("two "));
  EXPECT_FALSE(first.ok);
  EXPECT_EQ(first.became, effect::may_be_applied) << to_string(first.failure);
  EXPECT_EQ(resolve(line("two ")).became, effect::may_be_applied);
  EXPECT_EQ(counted(effect::may_be_applied), 1);
  const auto ended = ask<status_reply>(status_request{}).recent.at(0);
  EXPECT_TRUE(ended.text.ends_with("it may be applied")) << ended.text;
  const auto applied = counted(effect::applied);
  release_all(grid_);
  grid_.run.settle();
  const auto again = ask<publish_reply>(line("two "));
  EXPECT_TRUE(again.ok) << to_string(again.failure);
  EXPECT_EQ(again.became, effect::applied);
  EXPECT_EQ(counted(effect::applied), applied + 1);
  EXPECT_EQ(content(), "one two ");
  EXPECT_EQ(resolve(line("two ")).became, effect::applied);
}

TEST_F(operation_ids, another_content_under_the_same_id_is_refused) {
  grid_.create("one ");
  EXPECT_TRUE(ask<publish_reply>(line("two ")).ok);
  const auto reply = ask<publish_reply>(line("three "));
  EXPECT_FALSE(reply.ok);
  EXPECT_EQ(reply.failure.code, errc::usage);
  EXPECT_EQ(content(), "one two ");
}

TEST_F(operation_ids, what_never_began_is_not_applied) {
  auto x = line("two ");
  x.write_cap = "nonsense";
  const auto reply = ask<publish_reply>(x);
  EXPECT_FALSE(reply.ok);
  EXPECT_EQ(reply.became, effect::not_applied);
  EXPECT_EQ(counted(effect::not_applied), 1);
  EXPECT_FALSE(resolve(x).known);
}

TEST_F(operation_ids, one_without_an_id_gets_one) {
  grid_.create("one ");
  auto x = line("two ");
  x.operation = {};
  const auto reply = ask<publish_reply>(x);
  EXPECT_NE(reply.operation, operation_id{});
  x.operation = reply.operation;
  EXPECT_TRUE(ask<publish_reply>(x).ok);
  EXPECT_EQ(content(), "one two ");
}
