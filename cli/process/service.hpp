#pragma once

#include "truckee/base/result.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

/// What a service manager (systemd, Type=notify) is told.
namespace truckee::cli {

/// Sends one state, e.g. "READY=1", to $NOTIFY_SOCKET. False where there is none or nobody takes it.
bool notify_service_manager(const std::string& state);

/// How often systemd wants to hear that all is well ($WATCHDOG_USEC, halved; $WATCHDOG_PID must be this
/// process); nothing where it does not.
std::optional<std::chrono::microseconds> watchdog_interval();

/// Says on standard output that it listens, for whoever started it and waits for that line. Signals wait for
/// wait_for_signal() from then on. Nothing ends where nobody reads the line.
void announce(const std::string& where);

/// From listening to stopping: READY=1, WATCHDOG=1 as long as `healthy` says so, STOPPING=1. What is wrong is
/// said on standard error once, and to the manager as its status; it then ends the process by its own
/// deadline.
class service_notice {
public:
  explicit service_notice(std::function<result<void>()> healthy);
  ~service_notice();
  service_notice(const service_notice&) = delete;
  service_notice& operator=(const service_notice&) = delete;

private:
  std::jthread watch_;
};

} // namespace truckee::cli
