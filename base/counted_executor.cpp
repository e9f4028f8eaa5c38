#include "truckee/base/counted_executor.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace truckee {

struct counted_executor::count {
  std::atomic<std::size_t> open{0};
  std::mutex mutex; ///< only for whoever waits until there are none
  std::condition_variable changed;

  void ended() {
    if (--open > 0)
      return;
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }
};

counted_executor::counted_executor(std::shared_ptr<executor> to)
  : to_(std::move(to)), jobs_(std::make_shared<count>()) {}

void counted_executor::submit(std::function<void()> job) {
  ++jobs_->open;
  to_->submit([jobs = jobs_, job = std::move(job)]() mutable {
    job();
    job = nullptr; // frees what it holds before it counts as ended
    jobs->ended();
  });
}

void counted_executor::wait_idle() const {
  std::unique_lock lock(jobs_->mutex);
  jobs_->changed.wait(lock, [&] { return jobs_->open == 0; });
}

} // namespace truckee
