#include "truckee/base/counted_executor.hpp"
#include "truckee/base/worker_pool.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <numeric>
#include <optional>
#include <sys/resource.h>
#include <system_error>

using namespace truckee;

TEST(worker_pool, for_each_runs_every_index_once) {
  for (std::size_t threads : {0UL, 1UL, 3UL}) {
    worker_pool pool(threads);
    std::vector<std::atomic<int>> hits(1000);
    pool.for_each(hits.size(), [&](std::size_t i) { ++hits[i]; });
    for (auto& hit : hits)
      ASSERT_EQ(hit, 1) << threads << " threads";
  }
}

TEST(worker_pool, for_each_may_be_called_from_a_job_when_every_thread_is_busy) {
  std::atomic<int> total{0};
  {
    worker_pool pool(2);
    for (int job = 0; job < 8; ++job)
      pool.submit([&] { pool.for_each(100, [&](std::size_t) { ++total; }); });
  }
  EXPECT_EQ(total, 800);
}

TEST(worker_pool, the_destructor_runs_what_is_queued) {
  std::atomic<int> done{0};
  {
    worker_pool pool(1);
    for (int i = 0; i < 50; ++i)
      pool.submit([&] { ++done; });
  }
  EXPECT_EQ(done, 50);
}

TEST(worker_pool, among_jobs_that_wait_every_thread_comes_to_run) {
  constexpr std::size_t threads = 6;
  worker_pool pool(threads);
  for (int round = 0; round < 20; ++round) {
    std::promise<void> all_are_here;
    const auto together = all_are_here.get_future().share();
    std::atomic<std::size_t> here{0};
    std::atomic<std::size_t> left{0};
    for (std::size_t i = 0; i < threads; ++i)
      pool.submit([&, together] {
        if (++here == threads)
          all_are_here.set_value();
        together.wait(); // ends only if all of them run side by side
        ++left;
      });
    while (left < threads)
      std::this_thread::yield();
  }
}

TEST(worker_pool, jobs_of_many_submitters_all_run) {
  worker_pool pool(3);
  std::atomic<int> done{0};
  std::vector<std::thread> submitters;
  for (int i = 0; i < 4; ++i)
    submitters.emplace_back([&] {
      for (int job = 0; job < 5'000; ++job)
        pool.submit([&] { ++done; });
    });
  for (auto& each : submitters)
    each.join();
  while (done < 20'000)
    std::this_thread::yield();
}

TEST(worker_pool, may_be_let_go_last_by_one_of_its_own_jobs) {
  for (std::size_t threads : {1UL, 3UL}) {
    std::promise<void> go, all_done, let_go;
    std::atomic<int> left{10};
    auto pool = std::make_shared<worker_pool>(threads);
    const std::weak_ptr<worker_pool> watched = pool;
    pool->submit([pool, gate = go.get_future().share(), &left, &all_done, &let_go]() mutable {
      gate.wait();
      for (int i = 0; i < 10; ++i)
        pool->submit([&] {
          if (--left == 0)
            all_done.set_value();
        });
      pool.reset();
      let_go.set_value();
    });
    pool.reset();
    go.set_value();
    all_done.get_future().wait(); // what was queued runs all the same
    let_go.get_future().wait();   // with other threads that may be before the job has let go
    EXPECT_TRUE(watched.expired());
  }
}

TEST(counted_executor, is_idle_when_no_job_holds_anything_any_more) {
  counted_executor counted(std::make_shared<worker_pool>(2));
  counted.wait_idle(); // at once
  const auto held = std::make_shared<int>(0);
  std::promise<void> go;
  for (int i = 0; i < 20; ++i)
    counted.submit([held, gate = i == 0 ? std::optional(go.get_future().share()) : std::nullopt] {
      if (gate)
        gate->wait();
    });
  EXPECT_GT(held.use_count(), 1);
  go.set_value();
  counted.wait_idle();
  EXPECT_EQ(held.use_count(), 1);
}

#if !TRUCKEE_INSTRUMENTED // a sanitizer needs more room than this leaves
TEST(worker_pool, too_few_threads_are_an_error_and_not_the_end) {
  const auto build = [] {
    const rlimit room{256U << 20, 256U << 20};
    ::setrlimit(RLIMIT_AS, &room);
    try {
      const worker_pool pool(1000); // their stacks alone do not fit
    } catch (const std::system_error& problem) {
      ::_exit(problem.code() == std::errc::resource_unavailable_try_again ? 0 : 1);
    }
    ::_exit(2);
  };
  EXPECT_EXIT(build(), testing::ExitedWithCode(0), "");
}
#endif
