#pragma once

#include "truckee/http/rejection.hpp"
#include "truckee/logs/event_log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace truckee::metrics {

/// Tells of callers who are turned away at a port: of the first of each minute and reason, for a flood of callers must be no flood of
/// lines. Safe from several threads.
class turned_away {
public:
  /// `what`: the port, e.g. "metrics".
  turned_away(std::string what, logs::log_ptr log) : what_(std::move(what)), log_(std::move(log)) {}

  void tell(http::rejection why) {
    std::uint64_t untold = 0;
    {
      const std::lock_guard lock(mutex_);
      auto& now = of_[std::min<std::size_t>(static_cast<std::size_t>(why), of_.size() - 1)];
      const auto when = clock::now();
      if (now.told && when - *now.told < std::chrono::minutes(1)) {
        ++now.untold;
        return;
      }
      now.told = when;
      untold = std::exchange(now.untold, 0);
    }
    std::string reason{to_word(why)};
    if (untold > 0)
      reason += ", and " + std::to_string(untold) + " more since this was said last";
    logs::say(log_, logs::events::peer_refused, {{"what", what_}, {"reason", reason}});
  }

private:
  using clock = std::chrono::steady_clock;
  struct one_reason {
    std::optional<clock::time_point> told;
    std::uint64_t untold = 0;
  };

  std::string what_;
  logs::log_ptr log_;
  std::mutex mutex_;
  std::array<one_reason, http::rejection_words.size()> of_;
};

} // namespace truckee::metrics
