#include "actors/test_services.hpp"
#include "test_folder.hpp"
#include "test_support.hpp"
#include "truckee/actors/server/storage_server.hpp"
#include "truckee/metrics/metrics.hpp"
#include "truckee/storage/memory_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

/// Lets calls in one by one, and records who was inside together.
class watched_store final : public storage::share_store {
public:
  grid::store_info info() override { return inner_->info(); }
  bool is_quick(const storage_index& slot) override { return slot == quick; }
  grid::read_test_write_answer read_test_write(const grid::read_test_write& x) override {
    const visit inside(*this, x.slot, x.changes.empty() ? 0 : x.changes.front().share.value);
    return inner_->read_test_write(x);
  }
  grid::stage_answer stage(const grid::stage_piece& x) override {
    const visit inside(*this, x.slot, 253);
    return inner_->stage(x);
  }
  grid::slot_read_answer read(const grid::slot_read& x) override {
    const visit inside(*this, x.slot, 255);
    return inner_->read(x);
  }
  storage::lease_answer add_lease(const storage_index& slot, const server_secret& renew,
                                  const server_secret& cancel) override {
    return inner_->add_lease(slot, renew, cancel);
  }
  result<storage::slot_leases> leases(const storage_index& slot) override { return inner_->leases(slot); }
  result<storage::slot_expiry> expire(const storage_index& slot, std::uint64_t now,
                                      const storage::expiry_policy& policy, bool dry_run) override {
    const visit inside(*this, slot, 254);
    return inner_->expire(slot, now, policy, dry_run);
  }
  result<std::vector<storage_index>> slots() override { return inner_->slots(); }
  void let_go_idle() override { ++tidied; }
  std::atomic<int> tidied{0};

  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// Waits until `count` calls are inside.
  bool wait_inside(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return inside_.size() >= count; });
  }
  std::optional<storage_index> quick; ///< calls for it wait for nothing
  bool slot_entered_twice() const { return twice_; }
  std::vector<std::uint8_t> order() const { return order_; }

private:
  struct visit {
    visit(watched_store& store, const storage_index& slot, std::uint8_t mark) : store_(store), slot_(slot) {
      std::unique_lock lock(store.mutex_);
      store.twice_ = store.twice_ || store.inside_.contains(slot);
      store.inside_.insert(slot);
      store.order_.push_back(mark);
      store.changed_.notify_all();
      store.changed_.wait(lock, [&] { return store.open_; });
    }
    ~visit() {
      const std::lock_guard lock(store_.mutex_);
      store_.inside_.erase(store_.inside_.find(slot_));
    }
    watched_store& store_;
    storage_index slot_;
  };

  std::unique_ptr<storage::share_store> inner_ =
      storage::make_memory_store({{}, {}, {}, false, 1U << 20}, [] { return std::uint64_t{1}; });
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool twice_ = false;
  std::multiset<storage_index> inside_;
  std::vector<std::uint8_t> order_;
};

storage_index slot_number(std::uint8_t n) {
  storage_index out;
  out.data[0] = static_cast<std::byte>(n);
  return out;
}

grid::read_test_write write_to(std::uint8_t slot, std::uint8_t share, std::size_t size = 10) {
  grid::read_test_write out;
  out.slot = slot_number(slot);
  out.changes.push_back({share_number{share}, {}, {{0, shared_bytes(bytes(size))}}, std::nullopt});
  return out;
}

class StorageServer : public testing::Test {
public:
  void start(std::size_t threads, actors::storage_server_limits limits = {},
             actors::storage_server_expiry expiry = {}) {
    pool = std::make_shared<worker_pool>(threads);
    const auto services = test::test_services(run);
    services->blocking = pool;
    server = actors::spawn_storage_server(run.system(), services, store, "alpha", limits, std::move(expiry),
                                          std::make_shared<storage::advice_book>(folder.path()));
  }
  ~StorageServer() override {
    store->open();
    run.kill(server);
    run.settle();
    server = messages::storage_server{};
    pool->close(); // its jobs hold the actor
    run.settle();
  }
  void write_into_store() {
    ASSERT_EQ(store->read_test_write(write_to(1, 0)).status, grid::storage_status::ok);
  }
  test::answer_ptr<grid::read_test_write_answer> write(const grid::read_test_write& x) {
    return run.ask<grid::read_test_write_answer>(server, x);
  }
  /// Lets the threads work until all have an answer.
  template <class... Answers>
  bool wait_all(const Answers&... answers) {
    for (int i = 0; i < 2000 && !(answers->done() && ...); ++i) {
      auto idle = std::make_shared<std::promise<void>>();
      pool->submit([idle] { idle->set_value(); });
      idle->get_future().wait();
      std::this_thread::sleep_for(1ms);
      run.settle();
    }
    return (answers->done() && ...);
  }

  test::folder folder;
  test::deterministic run;
  std::shared_ptr<watched_store> store = std::make_shared<watched_store>();
  std::shared_ptr<worker_pool> pool;
  messages::storage_server server;
};

} // namespace

TEST_F(StorageServer, OneSlotsCallsKeepTheirOrderAndNeverInterleave) {
  start(4);
  store->close();
  std::vector<test::answer_ptr<grid::read_test_write_answer>> all;
  for (std::uint8_t i = 0; i < 20; ++i)
    all.push_back(write(write_to(1, i)));
  run.settle();
  EXPECT_TRUE(store->wait_inside(1));
  store->open();
  for (const auto& done : all)
    ASSERT_TRUE(wait_all(done));
  EXPECT_FALSE(store->slot_entered_twice());
  std::vector<std::uint8_t> expected(20);
  for (std::uint8_t i = 0; i < 20; ++i)
    expected[i] = i;
  EXPECT_EQ(store->order(), expected);
}

TEST_F(StorageServer, DifferentSlotsRunSideBySide) {
  start(3);
  store->close();
  const auto a = write(write_to(1, 0));
  const auto b = write(write_to(2, 0));
  const auto c = write(write_to(3, 0));
  run.settle();
  EXPECT_TRUE(store->wait_inside(3));
  store->open();
  EXPECT_TRUE(wait_all(a, b, c));
}

TEST_F(StorageServer, AReadBehindAWriteOfItsSlotSeesIt) {
  start(4);
  const auto written = write(write_to(1, 5, 3));
  const auto seen = run.ask<grid::slot_read_answer>(server, grid::slot_read{slot_number(1), {}, {{0, 100}}});
  run.settle();
  ASSERT_TRUE(wait_all(written, seen));
  ASSERT_EQ((*seen)->reads.count(share_number{5}), 1U);
  EXPECT_EQ((*seen)->reads.at(share_number{5}).at(0).size(), 3U);
}

TEST_F(StorageServer, AStoreThatWaitsForNothingIsAskedWithoutAnotherThread) {
  start(1);
  store->quick = slot_number(1);
  auto door = std::make_shared<std::promise<void>>();
  pool->submit([door] { door->get_future().wait(); }); // its only thread
  const auto small = write(write_to(1, 0));
  const auto read = run.ask<grid::slot_read_answer>(server, grid::slot_read{slot_number(1), {}, {{0, 4000}}});
  const auto large = write(write_to(1, 1, 65 * 1024));
  const auto behind = write(write_to(1, 2));
  const auto of_another_slot = write(write_to(2, 0));
  run.settle();
  EXPECT_TRUE(small->done());
  ASSERT_TRUE(read->done());
  EXPECT_EQ((*read)->reads.size(), 1U);
  EXPECT_FALSE(large->done()) << "it would keep others waiting";
  EXPECT_FALSE(behind->done()) << "one slot's calls keep their order";
  EXPECT_FALSE(of_another_slot->done());
  door->set_value();
  EXPECT_TRUE(wait_all(large, behind, of_another_slot));
  EXPECT_FALSE(store->slot_entered_twice());
}

TEST_F(StorageServer, ExpiryWaitsForItsTurnInASlot) {
  write_into_store();
  int reports = 0;
  start(4, {},
        {.settings = {.mode = storage::expiry_mode::on, .grace = 0s, .interval = 1s},
         .now = [] { return std::uint64_t{UINT32_MAX}; },
         .report = [&](const auto&) { ++reports; }});
  store->close();
  const auto written = write(write_to(1, 1));
  run.settle();
  ASSERT_TRUE(store->wait_inside(1));
  for (int i = 0; i < 30; ++i) { // the look comes to slot 1 while the write is inside
    run.advance(100ms);
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(reports, 0);
  store->open();
  ASSERT_TRUE(wait_all(written));
  for (int i = 0; i < 2000 && reports == 0; ++i) {
    run.advance(100ms);
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_GE(reports, 1);
  EXPECT_FALSE(store->slot_entered_twice());
}

TEST_F(StorageServer, TooManyCallsAreRefusedAndTheNextOneIsTakenAgain) {
  start(1, {.queued_calls_max = 3});
  store->close();
  std::vector<test::answer_ptr<grid::read_test_write_answer>> all;
  for (std::uint8_t i = 0; i < 5; ++i)
    all.push_back(write(write_to(i, 0)));
  run.settle();
  for (std::size_t i = 3; i < 5; ++i) {
    ASSERT_TRUE(all[i]->done());
    EXPECT_EQ((*all[i])->status, grid::storage_status::refused);
    EXPECT_FALSE((*all[i])->detail.empty());
  }
  store->open();
  ASSERT_TRUE(wait_all(all[0], all[1], all[2]));
  const auto again = write(write_to(9, 0));
  run.settle();
  ASSERT_TRUE(wait_all(again));
  EXPECT_EQ((*again)->status, grid::storage_status::ok);
}

TEST_F(StorageServer, TooManyQueuedBytesAreRefusedButReadsAndOneLargeWriteAreNot) {
  start(1, {.queued_calls_max = 100, .queued_bytes_max = 100});
  store->close();
  const auto first = write(write_to(1, 0, 1000));
  const auto second = write(write_to(2, 0, 10));
  const auto read = run.ask<grid::slot_read_answer>(server, grid::slot_read{slot_number(1), {}, {{0, 1}}});
  run.settle();
  ASSERT_TRUE(second->done());
  EXPECT_EQ((*second)->status, grid::storage_status::refused);
  store->open();
  ASSERT_TRUE(wait_all(first, read));
  EXPECT_EQ((*first)->status, grid::storage_status::ok);
  EXPECT_EQ((*read)->status, grid::storage_status::ok);
}

TEST_F(StorageServer, PiecesOfAShareTakeTheirTurnInItsSlot) {
  start(4);
  store->close();
  const auto bring = [&](std::string_view data, std::uint64_t offset) {
    return run.ask<grid::stage_answer>(
        server,
        grid::stage_piece{slot_number(1), share_number{3}, {}, {offset, shared_bytes::copy_of(data)}});
  };
  const auto first = bring("ab", 0);
  const auto second = bring("cd", 2);
  auto change = write_to(1, 3, 0);
  change.changes[0].writes.clear();
  change.changes[0].staged = staging_id{};
  const auto made = write(change);
  const auto seen = run.ask<grid::slot_read_answer>(server, grid::slot_read{slot_number(1), {}, {{0, 100}}});
  run.settle();
  ASSERT_TRUE(store->wait_inside(1));
  store->open();
  ASSERT_TRUE(wait_all(first, second, made, seen));
  EXPECT_FALSE(store->slot_entered_twice());
  EXPECT_EQ((*first)->status, grid::storage_status::ok);
  EXPECT_EQ((*made)->status, grid::storage_status::ok);
  EXPECT_EQ(as_text((*seen)->reads.at(share_number{3}).at(0).view()), "abcd");
}

TEST_F(StorageServer, PiecesAreRefusedForLoadAsWritesAre) {
  start(1, {.queued_calls_max = 100, .queued_bytes_max = 100});
  store->close();
  const auto first = write(write_to(1, 0, 90));
  const auto piece = run.ask<grid::stage_answer>(
      server, grid::stage_piece{slot_number(2), share_number{3}, {}, {0, shared_bytes(bytes(20))}});
  run.settle();
  ASSERT_TRUE(piece->done());
  EXPECT_EQ((*piece)->status, grid::storage_status::refused);
  store->open();
  ASSERT_TRUE(wait_all(first));
}

TEST_F(StorageServer, WhatIsMadeOfPiecesNeverRunsWhereNothingMayBlock) {
  start(1);
  store->quick = slot_number(1);
  auto door = std::make_shared<std::promise<void>>();
  pool->submit([door] { door->get_future().wait(); }); // its only thread
  const auto piece = run.ask<grid::stage_answer>(
      server, grid::stage_piece{slot_number(1), share_number{3}, {}, {0, shared_bytes(bytes(1))}});
  run.settle();
  EXPECT_FALSE(piece->done());
  door->set_value();
  ASSERT_TRUE(wait_all(piece));
  auto again = std::make_shared<std::promise<void>>();
  pool->submit([again] { again->get_future().wait(); });
  auto change = write_to(1, 3, 0);
  change.changes[0].staged = staging_id{};
  const auto made = write(change);
  run.settle();
  EXPECT_FALSE(made->done()) << "the old share may have gigabytes";
  again->set_value();
  ASSERT_TRUE(wait_all(made));
  EXPECT_EQ((*made)->status, grid::storage_status::ok);
}

TEST_F(StorageServer, WhatWasStagedAndLeftIsLookedForNowAndThen) {
  start(0);
  run.settle();
  const auto before = store->tidied.load();
  run.advance(10s);
  EXPECT_GE(store->tidied - before, 3);
}

TEST_F(StorageServer, IntroducesItself) {
  start(0);
  const auto info = run.ask<grid::store_info>(server, messages::hello_to_store());
  run.settle();
  EXPECT_EQ((*info)->id, store->info().id);
}

TEST_F(StorageServer, AClientOfAnotherProtocolIsRefusedWithBothVersionsNamed) {
  start(0);
  const auto other =
      run.ask<grid::store_info>(server, messages::hello{messages::storage_protocol - 1, "truckee/0.0.1"});
  run.settle();
  EXPECT_NE(other->failure.find("truckee/0.0.1"), std::string::npos) << other->failure;
  EXPECT_NE(other->failure.find(messages::software_name()), std::string::npos) << other->failure;
}

TEST_F(StorageServer, AdviceAboutAShareIsCountedAndWrittenDownAndAboutNoneRefused) {
  start(0);
  write_into_store();
  const auto advise = [&](std::uint8_t share, std::string reason) {
    const auto answer = run.ask<messages::advice_answer>(
        server, messages::share_advice{slot_number(1), share_number{share}, std::move(reason)});
    run.settle();
    return (*answer)->status;
  };
  const auto advisories = folder / "corruption-advisories";
  EXPECT_EQ(advise(1, "made up"), grid::storage_status::not_found);
  EXPECT_EQ(advise(0, ""), grid::storage_status::malformed);
  EXPECT_EQ(advise(0, std::string(messages::advice_reason_max + 1, 'x')), grid::storage_status::malformed);
  EXPECT_FALSE(std::filesystem::exists(advisories));
  EXPECT_EQ(advise(0, std::string(messages::advice_reason_max, 'x')), grid::storage_status::ok);
  const auto files = std::distance(std::filesystem::directory_iterator(advisories), {});
  EXPECT_EQ(files, 1);

  // One that cannot be written down was heard all the same.
  std::filesystem::remove_all(advisories);
  std::ofstream(advisories) << "in the way";
  EXPECT_EQ(advise(0, "torn"), grid::storage_status::io_error);
}

TEST_F(StorageServer, LeasesAreGivenAndAMissingSlotIsTold) {
  start(0);
  const auto none = run.ask<messages::lease_answer>(server, messages::add_lease{slot_number(1), {}, {}});
  run.settle();
  EXPECT_EQ((*none)->status, grid::storage_status::not_found);
  write(write_to(1, 0));
  const auto good = run.ask<messages::lease_answer>(server, messages::add_lease{slot_number(1), {}, {}});
  run.settle();
  EXPECT_EQ((*good)->status, grid::storage_status::ok);
}
