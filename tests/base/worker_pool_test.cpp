#include "base/worker_pool.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <numeric>

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
