#include "linearizability/broken_stores.hpp"
#include "linearizability/register_client.hpp"
#include "test_folder.hpp"
#include "truckee/actors/server/storage_server.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/messages/caf/system.hpp"
#include "truckee/metrics/metrics.hpp"
#include "truckee/storage/disk_store.hpp"
#include "truckee/storage/memory_store.hpp"

#include <caf/actor_registry.hpp>
#include <gtest/gtest.h>

#include <future>

using namespace truckee;
using test::register_history;
using test::register_operation;

namespace {

/// One server, and any number of histories on it, each on a slot of its own.
class register_grid {
public:
  explicit register_grid(std::shared_ptr<storage::share_store> store)
    : server_(actors::spawn_storage_server(system_, services_(), std::move(store), "alpha")) {}
  ~register_grid() { messages::send_anonymously(caf::actor_cast<caf::actor>(server_), messages::stop{}); }
  register_grid(const register_grid&) = delete;
  register_grid& operator=(const register_grid&) = delete;

  std::vector<register_operation> history(std::uint64_t seed) {
    simulation::dice dice(seed);
    const auto clients = dice.between(20, 32);
    std::atomic<std::uint64_t> time = 1;
    std::mutex guard;
    std::vector<register_operation> all;
    std::size_t missing = clients;
    std::promise<void> complete;
    const auto hand_in = [&](std::vector<register_operation> seen) {
      const std::lock_guard lock(guard);
      all.insert(all.end(), seen.begin(), seen.end());
      if (--missing == 0)
        complete.set_value();
    };
    for (std::uint64_t i = 0; i < clients; ++i) {
      test::client_plan plan;
      plan.seed = dice.raw();
      plan.slot = test::slot_numbered(seed);
      plan.first_value = 100 * (i + 1);
      messages::send_anonymously(
          messages::spawn<test::register_client_state>(system_, server_, plan, time, hand_in),
          messages::run{});
    }
    complete.get_future().wait();
    system_.registry().await_running_count_equal(1); // late requests are sent by clients that have handed in
    return all;
  }

private:
  static actors::services_ptr services_() {
    auto out = std::make_shared<actors::services>();
    out->blocking = std::make_shared<worker_pool>(3);
    out->metrics = std::make_shared<metrics::recorder>();
    return out;
  }

  messages::system_config config_ = [] {
    register_types();
    return messages::system_config();
  }();
  caf::actor_system system_{config_};
  messages::storage_server server_;
};

std::uint64_t some_time() {
  return 1'700'000'000;
}

std::unique_ptr<storage::share_store> memory_store() {
  return storage::make_memory_store({}, &some_time);
}

/// How many of so many histories nothing explains; and that they were worth looking at.
std::size_t unexplained(std::shared_ptr<storage::share_store> store, std::uint64_t from,
                        std::uint64_t count) {
  register_grid grid(std::move(store));
  std::size_t out = 0, unknown = 0, passed = 0, failed = 0, overlapping = 0;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    auto all = grid.history(seed);
    for (const auto& x : all) {
      unknown += x.unknown() ? 1 : 0;
      passed += x.passed ? 1 : 0;
      failed += !x.unknown() && x.sets && !x.passed ? 1 : 0;
      for (const auto& y : all)
        overlapping += &x != &y && x.began < y.ended && y.began < x.ended ? 1 : 0;
    }
    if (!register_history(std::move(all)).linearizable())
      ++out;
  }
  EXPECT_GT(unknown, count) << "too few operations of unknown fate";
  EXPECT_GT(passed, count) << "too few writes";
  EXPECT_GT(failed, count) << "too few failed tests";
  EXPECT_GT(overlapping, 100 * count) << "too little at once";
  return out;
}

register_operation tas(std::uint64_t began, std::uint64_t ended, std::uint64_t expected, std::uint64_t sets,
                       std::uint64_t seen, bool passed) {
  return {{began, ended}, sets, expected, seen, passed};
}
register_operation lost_tas(std::uint64_t began, std::uint64_t expected, std::uint64_t sets) {
  return {{began, register_operation::never}, sets, expected, 0, false};
}
register_operation read(std::uint64_t began, std::uint64_t ended, std::uint64_t seen) {
  return {{began, ended}, std::nullopt, 0, seen, false};
}

} // namespace

TEST(linearizability, an_order_is_found_where_there_is_one) {
  EXPECT_TRUE(register_history({}).linearizable());
  // The second overlaps both and must come between.
  EXPECT_TRUE(
      register_history({tas(1, 3, 0, 7, 0, true), tas(2, 6, 7, 8, 7, true), read(4, 5, 7), read(7, 8, 8)})
          .linearizable());
  // A lost write shows up long after its client has gone on, or never.
  EXPECT_TRUE(register_history({lost_tas(1, 0, 7), read(2, 3, 0), read(4, 5, 7)}).linearizable());
  EXPECT_TRUE(register_history({lost_tas(1, 0, 7), read(2, 3, 0), read(4, 5, 0)}).linearizable());
}

TEST(linearizability, what_no_order_explains_is_refused) {
  // Two winners of one value.
  EXPECT_FALSE(register_history({tas(1, 3, 0, 7, 0, true), tas(2, 4, 0, 8, 0, true)}).linearizable());
  // A read of the past.
  EXPECT_FALSE(register_history({tas(1, 2, 0, 7, 0, true), read(3, 4, 0)}).linearizable());
  // Two reads that see one change in both directions.
  EXPECT_FALSE(register_history({tas(1, 9, 0, 7, 0, true), read(2, 3, 7), read(4, 5, 0)}).linearizable());
  // A value nobody set, and a lost write that lands before it began.
  EXPECT_FALSE(register_history({read(1, 2, 9)}).linearizable());
  EXPECT_FALSE(register_history({read(1, 2, 7), lost_tas(3, 0, 7)}).linearizable());
  // A lost write whose test could not pass.
  EXPECT_FALSE(register_history({tas(1, 2, 0, 5, 0, true), lost_tas(3, 0, 7), read(4, 5, 7)}).linearizable());
  // A test that failed though it had to pass.
  EXPECT_FALSE(register_history({tas(1, 2, 0, 5, 0, false)}).linearizable());
}

TEST(linearizability, nine_and_a_half_thousand_histories_on_a_server_in_memory_have_an_order) {
  EXPECT_EQ(unexplained(memory_store(), 1, 9500), 0U);
}

TEST(linearizability, five_hundred_histories_on_a_server_on_disk_have_an_order) {
  const test::folder folder;
  storage::disk_store_options options;
  options.directory = folder.path();
  options.durability = storage::durability::none; // power loss is another test's business
  auto store = storage::open_disk_store(options, &some_time, system_random());
  ASSERT_TRUE(store) << to_string(store.error());
  EXPECT_EQ(unexplained(std::move(*store), 20'000, 500), 0U);
}

TEST(linearizability, a_store_that_drops_an_acknowledged_write_is_found_out) {
  EXPECT_GT(unexplained(std::make_shared<test::dropping_store>(memory_store()), 30'000, 50), 3U);
}

TEST(linearizability, a_store_that_lets_a_write_in_between_test_and_set_is_found_out) {
  EXPECT_GT(unexplained(std::make_shared<test::slipping_store>(memory_store()), 40'000, 50), 3U);
}

TEST(linearizability, a_store_that_ignores_tests_is_found_out) {
  EXPECT_GT(unexplained(std::make_shared<test::untesting_store>(memory_store()), 50'000, 50), 3U);
}

TEST(linearizability, a_store_that_answers_from_the_past_is_found_out) {
  EXPECT_GT(unexplained(std::make_shared<test::remembering_store>(memory_store()), 60'000, 50), 3U);
}
