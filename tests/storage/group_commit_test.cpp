#include "truckee/storage/group_commit.hpp"

#include "storage/fault_file_system.hpp"
#include "storage/store_test_support.hpp"
#include "truckee/base/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <thread>

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;
using survival = fault_file_system::survival;

/// Several writes that share their syncs: each is as safe as alone.
namespace {

constexpr std::size_t stores = 3;

/// Runs what it is given when it is told to, so that a test decides what has come by then.
class held_executor final : public executor {
public:
  void submit(std::function<void()> job) override { jobs_.push_back(std::move(job)); }
  std::size_t threads() const override { return 1; }
  void run() {
    for (auto& job : std::exchange(jobs_, {}))
      job();
  }

private:
  std::vector<std::function<void()>> jobs_;
};

/// Stores on one disk, each with a slot of one share, and a group.
struct world {
  explicit world(fault_file_system& on, std::size_t open_max = 64)
    : files(on), pool(std::make_shared<held_executor>()),
      group(std::make_shared<group_commit>(pool, open_max, [this](std::size_t w, std::uint64_t s) {
        writes += w;
        syncs += s;
      })) {
    for (std::size_t i = 0; i < stores; ++i) {
      auto store = open_disk_store(
          {"/srv/grid/" + std::to_string(i), {}, durability::full, false}, [] { return test_time; }, random,
          files);
      if (store)
        all.emplace_back(std::move(*store));
    }
  }

  void begin(std::size_t store, const storage_index& slot, const std::string& text) {
    group->write(all[store], request(slot, {write_share(0, 0, text)}),
                 [this](const grid::read_test_write_answer& x) { answers.push_back(x); });
  }
  std::size_t done() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(answers, [](const auto& x) { return x.status == storage_status::ok; }));
  }

  fault_file_system& files;
  seeded_random random{5};
  std::shared_ptr<held_executor> pool;
  std::vector<std::shared_ptr<share_store>> all;
  std::vector<grid::read_test_write_answer> answers;
  std::size_t writes = 0;
  std::uint64_t syncs = 0;
  std::shared_ptr<group_commit> group;
};

const storage_index slot = filled<storage_index>(7);

/// Each store's slot holds "old".
std::unique_ptr<fault_file_system> prepared(bool whole) {
  auto files = std::make_unique<fault_file_system>();
  world here(*files);
  for (const auto& store : here.all)
    EXPECT_EQ(store->read_test_write(request(slot, {write_share(0, 0, "old")})).status, storage_status::ok);
  if (whole)
    files->sync_as_a_whole();
  return files;
}

} // namespace

TEST(group_commit, writes_that_wait_together_share_two_syncs) {
  const auto base = prepared(true);
  const auto files = base->copy();
  world here(*files);
  for (std::size_t i = 0; i < stores; ++i)
    here.begin(i, slot, "new");
  here.begin(0, filled<storage_index>(8), "another");
  EXPECT_TRUE(here.answers.empty()) << "nothing is acknowledged before it is on the disk";
  here.pool->run();
  EXPECT_EQ(here.done(), stores + 1);
  EXPECT_EQ(here.writes, stores + 1);
  EXPECT_EQ(here.syncs, 2U);
  files->crash(survival::nothing, 0);
  world again(*files);
  for (const auto& store : again.all)
    EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "new"}}));
}

TEST(group_commit, while_the_disk_does_not_answer_nothing_is_acknowledged) {
  const auto base = prepared(true);
  const auto files = base->copy();
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t begun = 0; // syncs
  std::size_t let_go = 0;
  std::size_t answers = 0;
  world here(*files);
  files->before_each_sync([&] {
    std::unique_lock lock(mutex);
    ++begun;
    changed.notify_all();
    changed.wait(lock, [&] { return let_go == begun; });
  });
  auto pool = std::make_shared<worker_pool>(1);
  const auto group = std::make_shared<group_commit>(pool, 64, [](std::size_t, std::uint64_t) {});
  for (const auto& store : here.all)
    group->write(store, request(slot, {write_share(0, 0, "new")}), [&](const auto& x) {
      EXPECT_EQ(x.status, storage_status::ok);
      const std::lock_guard lock(mutex);
      ++answers;
      changed.notify_all();
    });
  // The shares themselves, then their names; who comes while the first sync is under way has two more.
  std::unique_lock lock(mutex);
  const auto soon = std::chrono::seconds(60);
  while (answers < stores) {
    ASSERT_TRUE(changed.wait_for(lock, soon, [&] { return begun > let_go || answers == stores; }));
    if (begun == let_go)
      break;
    EXPECT_TRUE(answers == 0 || let_go >= 2) << "acknowledged after " << let_go << " syncs";
    ++let_go;
    changed.notify_all();
  }
  EXPECT_GE(let_go, 2U);
  lock.unlock();
  pool->close();
}

TEST(group_commit, no_more_writes_are_begun_than_it_may_have_open) {
  fault_file_system files;
  world here(files, 2);
  for (int i = 0; i < 9; ++i)
    here.begin(static_cast<std::size_t>(i) % stores, filled<storage_index>(static_cast<std::uint8_t>(i)),
               "x");
  EXPECT_LE(files.calls("create"), stores + 2) << "an id each, and two shares";
  here.pool->run();
  EXPECT_EQ(here.done(), 9U);
}

TEST(group_commit, one_that_is_refused_costs_the_others_nothing) {
  const auto files = prepared(false);
  world here(*files);
  auto wrong = request(slot, {write_share(0, 0, "new")});
  wrong.secrets.write_enabler = filled<server_secret>(99);
  here.begin(0, slot, "new");
  here.group->write(here.all[1], wrong,
                    [&here](const grid::read_test_write_answer& x) { here.answers.push_back(x); });
  here.begin(2, slot, "new");
  here.pool->run();
  EXPECT_EQ(here.done(), 2U);
  EXPECT_EQ(here.answers.size(), 3U);
  EXPECT_EQ(contents(*here.all[1], slot), (std::map<int, std::string>{{0, "old"}}));
}

TEST(group_commit, after_power_loss_at_any_call_each_slot_is_whole_and_as_acknowledged) {
  for (const bool whole : {false, true}) {
    const auto base = prepared(whole);
    for (std::uint64_t stop = 0;; ++stop) {
      std::size_t acknowledged = 0;
      for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const auto files = base->copy();
        std::vector<bool> told(stores);
        {
          world here(*files);
          files->stop_at(stop, EIO);
          for (std::size_t i = 0; i < stores; ++i)
            here.group->write(here.all[i], request(slot, {write_share(0, 0, "new")}),
                              [&told, i](const auto& x) { told[i] = x.status == storage_status::ok; });
          here.pool->run();
        }
        files->crash(seed == 0   ? survival::nothing
                     : seed == 1 ? survival::everything
                                 : survival::scattered,
                     seed);
        acknowledged = static_cast<std::size_t>(std::ranges::count(told, true));
        world again(*files);
        ASSERT_EQ(again.all.size(), stores);
        for (std::size_t i = 0; i < stores; ++i) {
          const auto found = contents(*again.all[i], slot).at(0);
          EXPECT_TRUE(found == "new" || (!told[i] && found == "old"))
              << "store " << i << ", stopped at " << stop << ", seed " << seed << ": " << found;
        }
        if (HasFailure())
          return;
      }
      if (acknowledged == stores)
        break;
      ASSERT_LT(stop, 1'000U);
    }
  }
}

TEST(group_commit, an_error_at_any_call_leaves_who_is_refused_as_it_was) {
  for (const bool whole : {false, true}) {
    const auto base = prepared(whole);
    bool disturbed = true;
    for (std::uint64_t at = 0; disturbed; ++at) {
      const auto files = base->copy();
      world here(*files);
      const auto before = files->calls();
      files->fail_call(at, EIO);
      std::vector<bool> told(stores);
      for (std::size_t i = 0; i < stores; ++i)
        here.group->write(here.all[i], request(slot, {write_share(0, 0, "new")}),
                          [&told, i](const auto& x) { told[i] = x.status == storage_status::ok; });
      here.pool->run();
      disturbed = files->calls() - before > at;
      files->heal();
      for (std::size_t i = 0; i < stores; ++i)
        EXPECT_EQ(contents(*here.all[i], slot).at(0), told[i] ? "new" : "old") << at << ", store " << i;
      for (std::size_t i = 0; i < stores; ++i)
        here.begin(i, slot, "newer");
      here.pool->run();
      EXPECT_EQ(here.done(), stores) << "a second try";
      ASSERT_LT(at, 1'000U);
      if (HasFailure())
        return;
    }
  }
}

TEST(group_commit, many_threads_write_at_once_and_each_is_answered) {
  fault_file_system files;
  seeded_random random{5};
  auto store = std::shared_ptr<share_store>(*open_disk_store(
      {"/srv/grid/0", {}, durability::full, false}, [] { return test_time; }, random, files));
  std::atomic<int> good{0};
  {
    auto pool = std::make_shared<worker_pool>(3);
    const auto group = std::make_shared<group_commit>(pool, 5, [](std::size_t, std::uint64_t) {});
    std::vector<std::thread> threads;
    for (std::uint8_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::uint8_t i = 0; i < 25; ++i)
          group->write(
              store,
              request(filled<storage_index>(static_cast<std::uint8_t>(t * 25 + i)), {write_share(0, 0, "x")}),
              [&good](const auto& x) { good += x.status == storage_status::ok ? 1 : 0; });
      });
    for (auto& thread : threads)
      thread.join();
    pool->close();
  }
  EXPECT_EQ(good, 100);
}
