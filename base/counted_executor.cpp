#include "truckee/base/counted_executor.hpp"

#include <condition_variable>
#include <mutex>

namespace truckee {

struct counted_executor::count {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = 0;
};

counted_executor::counted_executor(std::shared_ptr<executor> to)
  : to_(std::move(to)), jobs_(std::make_shared<count>()) {}

void counted_executor::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(jobs_->mutex);
    ++jobs_->open;
  }
  to_->submit([jobs = jobs_, job = std::move(job)]() mutable {
    job();
    job = nullptr;
    const std::lock_guard lock(jobs->mutex);
    if (--jobs->open == 0)
      jobs->changed.notify_all();
  });
}

void counted_executor::wait_idle() const {
  std::unique_lock lock(jobs_->mutex);
  jobs_->changed.wait(lock, [&] { return jobs_->open == 0; });
}

} // namespace truckee
