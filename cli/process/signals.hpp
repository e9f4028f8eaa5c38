#pragma once

#include <functional>
#include <memory>

namespace truckee::cli {

/// Holds SIGINT and SIGTERM back in every thread started from now on; SIGPIPE becomes an error of the write.
void block_signals();

/// Calls `on_signal(how many so far)` in a thread of its own each time SIGINT or SIGTERM comes, until
/// destroyed.
class signal_watch {
public:
  explicit signal_watch(std::function<void(int count)> on_signal);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Waits for SIGINT or SIGTERM.
void wait_for_signal();

} // namespace truckee::cli
