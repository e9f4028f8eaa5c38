#pragma once

#include "truckee/base/worker_pool.hpp"

#include <httplib.h>
#include <memory>

namespace truckee::http {

/// httplib's own pool queues without bound. Here whoever accepts connections waits when too many wait, and
/// the kernel's own bounded queue holds the rest. One thread, httplib's, calls both functions.
class bounded_pool final : public httplib::TaskQueue {
public:
  bounded_pool(std::unique_ptr<worker_pool> threads, std::size_t waiting_max)
    : waiting_max_(waiting_max), threads_(std::move(threads)) {}
  void enqueue(std::function<void()> job) override;
  /// Returns once every job that was taken is done.
  void shutdown() override { threads_.reset(); }

private:
  std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::size_t waiting_ = 0;
  std::unique_ptr<worker_pool> threads_; ///< last: its jobs use the rest
};

} // namespace truckee::http
