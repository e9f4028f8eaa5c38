#pragma once

#include "truckee/base/executor.hpp"

#include <memory>
#include <thread>
#include <vector>

namespace truckee {

/// A few standing threads of its own. The destructor runs what is queued, then joins; a job may be what holds
/// the pool last, so the thread that destroys it may be one of its own, which then ends by itself.
class worker_pool final : public executor {
public:
  /// 0 threads: everything runs in the caller, which makes tests deterministic.
  /// Throws std::system_error where the system gives no more threads.
  explicit worker_pool(std::size_t threads);
  ~worker_pool() override;
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  std::size_t threads() const override { return threads_.size(); }
  void submit(std::function<void()> job) override;

  /// Runs what is queued, then joins; nobody else may use the pool any more.
  void close();

private:
  struct queue;

  std::shared_ptr<queue> queue_; ///< shared with the threads: one of them may outlive the pool
  std::vector<std::thread> threads_;
};

} // namespace truckee
