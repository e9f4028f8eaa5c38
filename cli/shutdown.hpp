#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

namespace truckee::cli {

/// Destroys `what`. Where that takes longer than `patience` (CAF waits for a peer that reads nothing, a probe
/// for one that says nothing) it is left behind, and `left_behind` says that the process must end without
/// waiting for it.
template <class T>
void end_soon(std::unique_ptr<T> what, std::chrono::milliseconds patience, std::atomic<bool>& left_behind) {
  if (!what)
    return;
  std::packaged_task<void()> end([raw = what.release()] { delete raw; });
  auto ended = end.get_future();
  std::thread thread(std::move(end));
  if (ended.wait_for(patience) == std::future_status::ready) {
    thread.join();
  } else {
    left_behind = true;
    thread.detach();
  }
}

} // namespace truckee::cli
