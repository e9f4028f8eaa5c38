#include "actors/server_words.hpp"
#include "resident_memory.hpp"

#include <gtest/gtest.h>
#include <iostream>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

/// What never becomes an operation, or never begins, is counted: an alert must see it.
namespace {

class refusals : public ::testing::Test {
protected:
  /// The value of a series as a scrape shows it.
  double scraped(const std::string& series) const {
    const auto text = grid_.services->metrics->text();
    const auto at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
  }
  double refused(const std::string& reason) const {
    return scraped("truckee_requests_refused_total{reason=\"" + reason + "\"}");
  }
  double operations(const std::string& operation, const std::string& outcome) const {
    return scraped("truckee_operations_total{operation=\"" + operation + "\",outcome=\"" + outcome + "\"}");
  }
  double publishes(const std::string& outcome) const {
    return scraped("truckee_publishes_total{outcome=\"" + outcome + "\"}");
  }
  template <class Reply, class Request>
  Reply ask(const Request& request) {
    const auto done = grid_.run.ask<Reply>(grid_.gateway(), request);
    EXPECT_TRUE(grid_.wait(done));
    return **done;
  }

  test_grid grid_;
};

/// How much it grows by 40 publishes of 32 MiB of one file, of which the first waits for its servers.
std::int64_t growth_by_forty(std::uint64_t held_bytes_max) {
  test_grid grid;
  grid.gateway_limits.admission.held_bytes_max = held_bytes_max;
  grid.create("one");
  for (auto& script : grid.scripts)
    script->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
  const auto before = resident_kib();
  std::vector<answer_ptr<messages::publish_reply>> asked;
  for (int i = 0; i < 40; ++i) {
    asked.push_back(grid.put(std::string(std::size_t{32} << 20, 'x')));
    grid.run.settle();
  }
  return 1024 * (static_cast<std::int64_t>(resident_kib()) - static_cast<std::int64_t>(before));
}

} // namespace

TEST(waiting_content, of_forty_large_publishes_on_one_file_is_bounded) {
  const auto bounded = growth_by_forty(actors::admission_limits{}.held_bytes_max);
  const auto unbounded = growth_by_forty(std::uint64_t{1} << 60);
  std::cout << "40 publishes of 32 MiB wait in " << (bounded >> 20) << " MiB; without the limit in "
            << (unbounded >> 20) << " MiB\n";
  EXPECT_LT(bounded, std::int64_t{640} << 20);
  EXPECT_GT(unbounded, std::int64_t{1200} << 20) << "else this test sees nothing";
}

TEST(without_servers, a_publish_is_counted_as_one_that_failed) {
  test_grid grid({.servers = 0});
  grid.add_link(actors::remote_endpoint{{"127.0.0.1", 9}, {}, {}});
  for (int i = 0; i < 2; ++i) {
    const auto put = grid.put("x");
    ASSERT_TRUE(grid.wait(put));
    EXPECT_EQ((*put)->failure.code, errc::not_enough_servers);
  }
  const auto text = grid.services->metrics->text();
  for (const auto* line : {"truckee_publishes_total{outcome=\"not_enough_servers\"} 2",
                           "truckee_operations_total{operation=\"publish\",outcome=\"not_enough_servers\"} 2",
                           "truckee_requests_refused_total{reason=\"no_servers\"} 2"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST_F(refusals, a_capability_that_does_not_allow_it_is_counted_with_what_was_asked) {
  EXPECT_FALSE(ask<messages::retrieve_reply>(messages::retrieve_request{.cap = "junk"}).ok);
  EXPECT_EQ(operations("retrieve", "bad_capability"), 1);
  EXPECT_FALSE(ask<messages::list_leases_reply>(messages::list_leases_request{{}, "junk"}).ok);
  EXPECT_EQ(operations("leases", "bad_capability"), 1);
  EXPECT_FALSE(ask<messages::check_reply>(messages::check_request{.cap = "junk", .verify = true}).ok);
  EXPECT_EQ(operations("verify", "bad_capability"), 1);
  EXPECT_FALSE(ask<messages::repair_reply>(messages::repair_request{{}, "junk", false, 0}).ok);
  EXPECT_EQ(operations("repair", "bad_capability"), 1);
  EXPECT_FALSE(ask<messages::publish_reply>(messages::append_request{{}, "junk", {}, 0}).ok);
  EXPECT_EQ(operations("append", "bad_capability"), 1);
  EXPECT_EQ(publishes("bad_capability"), 1);
  EXPECT_EQ(refused("bad_capability"), 5);
}

TEST_F(refusals, limits_are_counted_by_which_it_was) {
  grid_.gateway_limits.content_bytes_max = 1000;
  grid_.gateway_limits.admission.operations_max = 3;
  grid_.gateway_limits.admission.held_bytes_max = 10;
  grid_.create("one");
  hang_all_writes(grid_);
  messages::publish_request large;
  large.content = shared_bytes::copy_of(std::string(1001, 'x'));
  EXPECT_EQ(ask<messages::publish_reply>(large).failure.code, errc::too_large);
  const auto first = grid_.put("twelve bytes");
  grid_.run.settle();
  messages::publish_request more;
  more.write_cap = test_grid::write_cap();
  more.content = shared_bytes::copy_of("x");
  const auto no = ask<messages::publish_reply>(more);
  EXPECT_EQ(no.failure.code, errc::refused);
  ASSERT_TRUE(no.busy);
  EXPECT_EQ(no.busy->operations, 1U);
  EXPECT_EQ(no.busy->content_bytes, 12U);
  EXPECT_GT(no.busy->retry_after_ms, 0U);
  EXPECT_NE(no.failure.detail.find("1 operations hold 12 bytes"), std::string::npos) << no.failure.detail;
  const auto waits = grid_.get();
  const auto waits_too = grid_.get();
  EXPECT_FALSE(ask<messages::check_reply>(messages::check_request{.cap = test_grid::write_cap()}).ok);
  EXPECT_EQ(refused("too_large"), 1);
  EXPECT_EQ(refused("too_many_bytes"), 1);
  EXPECT_EQ(refused("too_many_operations"), 1);
  EXPECT_EQ(operations("publish", "refused"), 1);
  EXPECT_EQ(publishes("refused"), 1);
  EXPECT_EQ(scraped("truckee_gateway_waiting_operations"), 2);
  EXPECT_EQ(scraped("truckee_gateway_callers"), 1);
  EXPECT_EQ(scraped("truckee_gateway_held_bytes"), 12);
  EXPECT_EQ(scraped("truckee_gateway_held_limit_bytes"), 10);
  EXPECT_GT(scraped("truckee_gateway_oldest_waiting_timestamp_seconds"), 1.6e9);
  release_all(grid_);
  ASSERT_TRUE(grid_.wait(first));
  ASSERT_TRUE(grid_.wait(waits));
  ASSERT_TRUE(grid_.wait(waits_too));
  EXPECT_EQ(scraped("truckee_gateway_waiting_operations"), 0);
  EXPECT_EQ(scraped("truckee_gateway_callers"), 0);
  EXPECT_EQ(scraped("truckee_gateway_held_bytes"), 0) << "all is given back";
  EXPECT_EQ(scraped("truckee_gateway_oldest_waiting_timestamp_seconds"), 0);
  EXPECT_TRUE(ask<messages::publish_reply>(more).ok);
}

TEST_F(refusals, what_is_ended_before_it_began_is_counted_by_who_ended_it) {
  grid_.create("one");
  hang_all_writes(grid_);
  const auto first = grid_.put("two");
  const auto cancelled = grid_.put("three", 7);
  const auto late = grid_.put("four", 8, 0, 500);
  grid_.run.settle();
  EXPECT_TRUE(grid_.cancel(7));
  grid_.run.advance(1s);
  ASSERT_TRUE(late->done());
  EXPECT_EQ((*late)->failure.code, errc::timeout);
  EXPECT_EQ((*cancelled)->failure.code, errc::cancelled);
  EXPECT_EQ(refused("cancelled"), 1);
  EXPECT_EQ(refused("timeout"), 1);
  EXPECT_EQ(operations("publish", "timeout"), 1);
  EXPECT_EQ(publishes("cancelled"), 1);
  release_all(grid_);
  ASSERT_TRUE(grid_.wait(first));
  EXPECT_FALSE(grid_.cancel(9));
  const auto early = grid_.put("five", 9);
  ASSERT_TRUE(grid_.wait(early));
  EXPECT_EQ(refused("cancelled"), 2);
}

TEST_F(refusals, a_listing_of_leases_is_counted_as_an_operation) {
  grid_.create("one");
  EXPECT_TRUE(ask<messages::list_leases_reply>(messages::list_leases_request{{}, test_grid::write_cap()}).ok);
  EXPECT_EQ(operations("leases", "ok"), 1);
  EXPECT_EQ(operations("publish", "ok"), 1) << "and each other one by its own actor, once";
}

TEST_F(refusals, a_gateway_that_ends_at_once_answers_everybody) {
  grid_.create("one");
  hang_all_writes(grid_);
  const auto runs = grid_.put("two");
  const auto waits = grid_.get();
  grid_.run.settle();
  messages::send_anonymously(caf::actor_cast<caf::actor>(grid_.gateway()),
                             messages::stop{errc::cancelled, messages::duration::zero()});
  grid_.run.settle();
  ASSERT_TRUE(runs->done());
  ASSERT_TRUE(waits->done());
  EXPECT_EQ((*runs)->failure.code, errc::unreachable);
  EXPECT_NE((*runs)->failure.detail.find("may have been done or not"), std::string::npos);
  EXPECT_NE((*waits)->failure.detail.find("nothing was sent"), std::string::npos);
  release_all(grid_);
}
