#include "truckee/base/worker_pool.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace truckee {

struct worker_pool::queue {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> jobs;
  bool stopping = false;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stopping || !jobs.empty(); });
      if (jobs.empty())
        return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      job = nullptr; // free what it holds before the lock is taken again
      lock.lock();
    }
  }
};

worker_pool::worker_pool(std::size_t threads) : queue_(std::make_shared<queue>()) {
  threads_.reserve(threads);
  try {
    for (std::size_t i = 0; i < threads; ++i)
      threads_.emplace_back([jobs = queue_] { jobs->run(); });
  } catch (...) {
    close(); // a thread that nobody joins would end the process
    throw;
  }
}

worker_pool::~worker_pool() {
  close();
}

void worker_pool::close() {
  {
    std::lock_guard lock(queue_->mutex);
    queue_->stopping = true;
  }
  queue_->wake.notify_all();
  for (auto& thread : threads_) {
    if (thread.get_id() == std::this_thread::get_id())
      thread.detach();
    else
      thread.join();
  }
  threads_.clear();
}

void worker_pool::submit(std::function<void()> job) {
  if (threads_.empty()) {
    job();
    return;
  }
  {
    std::lock_guard lock(queue_->mutex);
    queue_->jobs.push_back(std::move(job));
  }
  queue_->wake.notify_one();
}

} // namespace truckee
