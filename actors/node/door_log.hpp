#pragma once

#include "truckee/base/allowance.hpp"
#include "truckee/doors/refusal.hpp"
#include "truckee/logs/event_log.hpp"
#include "truckee/metrics/metrics.hpp"

#include <memory>

namespace truckee::actors {

/// Counts whoever is not let in at a door, and tells the log of the first, and of some of many: a stranger who knocks
/// all day fills no disk.
class door_log final : public doors::observer {
public:
  door_log(std::shared_ptr<metrics::recorder> count, logs::log_ptr log)
    : count_(std::move(count)), log_(std::move(log)) {}

  void refused(const std::string& door, const std::string& source, const doors::trouble& what) override;

  static constexpr std::size_t lines_at_once = 20;
  static constexpr std::chrono::seconds line_interval{10}; ///< one more each

private:
  std::shared_ptr<metrics::recorder> count_;
  logs::log_ptr log_;
  allowance lines_{lines_at_once, line_interval};
  std::uint64_t untold_ = 0;
};

} // namespace truckee::actors
