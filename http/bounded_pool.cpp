#include "http/bounded_pool.hpp"

namespace truckee::http {

bounded_pool::bounded_pool(std::size_t threads, std::size_t waiting_max) : waiting_max_(waiting_max) {
  threads_.reserve(threads);
  try {
    for (std::size_t i = 0; i < threads; ++i)
      threads_.emplace_back([this] { work(); });
  } catch (...) {
    shutdown(); // a thread that nobody joins would end the process
    throw;
  }
}

void bounded_pool::enqueue(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return ended_ || jobs_.size() < waiting_max_; });
  jobs_.push_back(std::move(job));
  more_.notify_one();
}

void bounded_pool::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  more_.notify_all();
  room_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

void bounded_pool::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
    if (jobs_.empty())
      return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    room_.notify_one();
    lock.unlock();
    job();
  }
}

} // namespace truckee::http
