#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace truckee {

/// How often something may be done: so many times at once, and one more each interval. A function of the times that it is
/// given.
class allowance {
public:
  using time_point = std::chrono::steady_clock::time_point;

  allowance(std::size_t at_once, std::chrono::milliseconds interval)
    : ahead_max_(static_cast<int>(at_once - 1) * interval), interval_(interval) {}

  /// Whether it may be done now; then it counts.
  bool take(time_point now) {
    if (spent_until_ > now + ahead_max_)
      return false;
    spent_until_ = std::max(spent_until_, now) + interval_;
    return true;
  }

private:
  std::chrono::milliseconds ahead_max_;
  std::chrono::milliseconds interval_;
  time_point spent_until_ = time_point::min();
};

} // namespace truckee
