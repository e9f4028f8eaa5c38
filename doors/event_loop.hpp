#pragma once

#include "truckee/base/deadline_queue.hpp"
#include "truckee/base/descriptor.hpp"
#include "truckee/base/result.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace truckee::doors {

/// One thread that waits for many descriptors, and runs what is due.
class event_loop {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using timer = deadline_ticket;
  /// Gets epoll's flags.
  using handler = std::function<void(std::uint32_t events)>;
  /// Names a watched descriptor; 0 names none.
  using watch_id = std::uint64_t;

  /// errc::io where the system has no more threads or descriptors.
  static result<std::unique_ptr<event_loop>> start();
  /// Runs what was posted, then ends; not from the loop's own thread.
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  /// Runs `what` in the loop, soon; from any thread, in order. False, and it is destroyed, once the loop has ended.
  bool post(std::function<void()> what);
  /// The same, and waits for it; at once where this is the loop.
  void run(std::function<void()> what);
  bool is_own_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

  // -- in the loop's thread

  /// Calls `then` when the descriptor's state changes (edge triggered, both directions): whoever is told works until the
  /// system says EAGAIN. 0 where the system refuses.
  watch_id watch(int fd, handler then);
  /// Before the descriptor is closed.
  void forget(watch_id which, int fd);
  timer after(std::chrono::milliseconds delay, std::function<void()> what);
  void cancel(const timer& which) { due_.take(which); }
  /// A buffer for whoever reads, for the time of one call.
  std::vector<std::byte>& scratch() { return scratch_; }

private:
  event_loop(descriptor poll, descriptor wake) : poll_(std::move(poll)), wake_(std::move(wake)) {}
  void work();
  void run_posted();
  int patience() const;

  descriptor poll_;
  descriptor wake_;
  std::unordered_map<watch_id, std::shared_ptr<handler>> handlers_;
  watch_id last_ = 0;
  deadline_queue<std::function<void()>> due_;
  std::vector<std::byte> scratch_ = std::vector<std::byte>(64 * 1024);
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace truckee::doors
