#pragma once

#include <cstddef>
#include <functional>

namespace truckee {

/// Where work runs that would block or starve others: encoding, hashing, signing, fsync. Safe from several
/// threads.
class executor {
public:
  virtual ~executor() = default;

  /// Runs `job` on some thread, later; every job, in no promised order. Jobs do not throw.
  virtual void submit(std::function<void()> job) = 0;

  /// How many jobs run side by side; 0: each runs in the caller, at once.
  virtual std::size_t threads() const = 0;

  /// Runs body(0) .. body(count - 1), the caller helping, and returns when all are done. May be called from a
  /// job.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& body);
};

} // namespace truckee
