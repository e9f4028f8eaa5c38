#pragma once

#include <condition_variable>
#include <httplib.h>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace truckee::http {

/// httplib's own pool queues without bound. Here whoever accepts connections waits when too many wait, and
/// the kernel's own bounded queue holds the rest.
class bounded_pool final : public httplib::TaskQueue {
public:
  bounded_pool(std::size_t threads, std::size_t waiting_max);
  void enqueue(std::function<void()> job) override;
  /// Returns once every job that was taken is done.
  void shutdown() override;

private:
  void work();

  std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::condition_variable room_;
  std::list<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  bool ended_ = false;
};

} // namespace truckee::http
