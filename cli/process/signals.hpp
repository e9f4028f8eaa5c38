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

/// Holds SIGHUP back as well, in every thread started from now on: for programs that take on new settings then.
void block_hangups();

/// Waits for SIGINT or SIGTERM; calls `on_hangup` each time SIGHUP comes, where that is held back.
void wait_for_signal(const std::function<void()>& on_hangup = [] {});

} // namespace truckee::cli
