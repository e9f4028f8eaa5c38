#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace truckee {

/// A few standing threads for work that would block or starve others: encoding, hashing, signing, fsync.
/// Jobs must not throw. The destructor runs what is queued, then joins.
class worker_pool {
public:
  /// 0 threads: everything runs in the caller, which makes tests deterministic.
  /// Throws std::system_error where the system gives no more threads.
  explicit worker_pool(std::size_t threads);
  ~worker_pool();
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  std::size_t threads() const { return threads_.size(); }

  /// Runs `job` on some thread, later; with 0 threads at once.
  void submit(std::function<void()> job);

  /// Runs body(0) .. body(count - 1), the caller helping, and returns when all are done. May be called from a
  /// job.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& body);

private:
  void run();
  void stop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace truckee
