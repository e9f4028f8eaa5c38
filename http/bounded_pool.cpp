#include "truckee/http/bounded_pool.hpp"

namespace truckee::http {

void bounded_pool::enqueue(std::function<void()> job) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return waiting_ < waiting_max_; });
    ++waiting_;
  }
  threads_->submit([this, job = std::move(job)] {
    {
      const std::lock_guard lock(mutex_);
      --waiting_;
    }
    room_.notify_one();
    job();
  });
}

} // namespace truckee::http
