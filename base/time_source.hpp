#pragma once

#include <chrono>
#include <memory>

namespace truckee {

/// Where the time comes from. Injected everywhere, so that a test's time is the test's. Implementations are
/// safe to call from several threads.
class time_source {
public:
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~time_source() = default;
  /// Never goes back; for what takes how long.
  virtual time_point now() const = 0;
  /// Since the beginning of 1970; for what people and files read.
  virtual std::chrono::milliseconds unix_now() const = 0;

  double seconds_since(time_point start) const {
    return std::chrono::duration<double>(now() - start).count();
  }
};

using time_ptr = std::shared_ptr<const time_source>;

/// The operating system's clocks.
time_ptr system_time();

} // namespace truckee
