#include "truckee/base/worker_pool.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace truckee {

/// One thread at a time is on its way to the queue; when it has its job, and there are more, it wakes the next before it begins. Many
/// short jobs at once are then done by the threads that are awake, and not by one each that had to be woken; among long ones as many
/// threads come to run as there are.
struct worker_pool::queue {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> jobs;
  std::size_t asleep = 0;
  bool coming = false; ///< one was woken and is not here yet
  bool stopping = false;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      if (jobs.empty() && !sleep(lock))
        return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      const bool more = call_one();
      lock.unlock();
      if (more)
        wake.notify_one();
      job();
      job = nullptr; // free what it holds before the lock is taken again
      lock.lock();
    }
  }

  /// Whether somebody is to be woken now.
  bool call_one() {
    if (jobs.empty() || coming || asleep == 0)
      return false;
    coming = true;
    return true;
  }

private:
  /// False: the pool ends, and there is nothing to do.
  bool sleep(std::unique_lock<std::mutex>& lock) {
    ++asleep;
    // Who finds nothing was overtaken by one that was awake: he came all the same, and the next submit calls anew.
    while (jobs.empty() && !stopping) {
      wake.wait(lock);
      coming = false;
    }
    --asleep;
    return !jobs.empty();
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
  bool call = false;
  {
    std::lock_guard lock(queue_->mutex);
    queue_->jobs.push_back(std::move(job));
    call = queue_->call_one();
  }
  if (call)
    queue_->wake.notify_one();
}

} // namespace truckee
