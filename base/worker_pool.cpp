#include "truckee/base/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

namespace truckee {

worker_pool::worker_pool(std::size_t threads) {
  threads_.reserve(threads);
  try {
    for (std::size_t i = 0; i < threads; ++i)
      threads_.emplace_back([this] { run(); });
  } catch (...) {
    stop(); // a thread that nobody joins would end the process
    throw;
  }
}

worker_pool::~worker_pool() {
  stop();
}

void worker_pool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

void worker_pool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty())
      return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr; // free what it holds before the lock is taken again
    lock.lock();
  }
}

void worker_pool::submit(std::function<void()> job) {
  if (threads_.empty()) {
    job();
    return;
  }
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void worker_pool::for_each(std::size_t count, const std::function<void(std::size_t)>& body) {
  // Helpers that start late find nothing left to do, but may still look: the state outlives this call.
  struct shared_state {
    std::atomic<std::size_t> next{0};
    std::size_t done = 0;
    std::mutex mutex;
    std::condition_variable all_done;
  };
  auto state = std::make_shared<shared_state>();
  const auto* work = &body;
  auto help = [state, work, count] {
    std::size_t mine = 0;
    for (;;) {
      const auto i = state->next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count)
        break;
      (*work)(i);
      ++mine;
    }
    if (mine == 0)
      return;
    std::lock_guard lock(state->mutex);
    state->done += mine;
    if (state->done == count)
      state->all_done.notify_all();
  };
  const auto helpers = count == 0 ? 0 : std::min(count - 1, threads_.size());
  for (std::size_t i = 0; i < helpers; ++i)
    submit(help);
  help();
  std::unique_lock lock(state->mutex);
  state->all_done.wait(lock, [&] { return state->done == count; });
}

} // namespace truckee
