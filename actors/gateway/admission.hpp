#pragma once

#include "truckee/actors/gateway/caller.hpp"
#include "truckee/metrics/labels.hpp"

#include <chrono>
#include <deque>
#include <map>

namespace truckee::actors {

/// What the gateway holds at once, of all callers and of one.
struct admission_limits {
  /// Operations running and waiting; one more is refused at once.
  std::size_t operations_max = 1024;
  /// Of these, those of one caller: a flood from there leaves room for everybody else.
  std::size_t operations_per_caller_max = 256;
  /// Bytes of content that running and waiting operations hold. One content may pass it, whatever its size:
  /// a large one would else never get in while small ones come and go.
  std::uint64_t held_bytes_max = 512ULL << 20;
};

/// Who may enter. Room for content is shared: a caller is let in while it holds less than what is left for
/// all. One caller alone gets half of it, two a third each, n callers one part of n + 1; whoever holds nothing
/// gets in as long as there is any room at all. No actor, no I/O.
class admission {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  explicit admission(const admission_limits& limits) : limits_(limits) {}

  /// Those who are in stay in.
  void limits_are(const admission_limits& limits) { limits_ = limits; }
  const admission_limits& limits() const { return limits_; }

  /// Why one more operation with so much content is not let in now; nothing: it may enter.
  std::optional<metrics::refusal> refuses(const caller& who, std::uint64_t content_bytes) const;
  void enter(const caller& who, std::uint64_t content_bytes);
  /// Of one that had entered with as much.
  void leave(const caller& who, std::uint64_t content_bytes, time_point now);

  std::size_t operations() const { return all_.operations; }
  std::size_t callers() const { return by_caller_.size(); }
  std::uint64_t held_bytes() const { return all_.bytes; }
  /// For somebody who was refused for that reason. The wait is guessed from how fast operations ended lately,
  /// between retry_min and retry_max.
  messages::backlog backlog(const caller& who, metrics::refusal reason, time_point now) const;
  static constexpr milliseconds retry_min{250};
  static constexpr milliseconds retry_unknown{1000};
  static constexpr milliseconds retry_max{60'000};

private:
  /// What is held, by one caller or by all.
  struct held {
    std::size_t operations = 0;
    std::uint64_t bytes = 0;
  };
  struct departure {
    time_point when;
    std::uint64_t bytes = 0;
  };
  static constexpr std::size_t departures_max = 32;

  held held_by(const caller& who) const;
  std::uint64_t bytes_left() const;

  admission_limits limits_;
  held all_;
  std::map<caller, held> by_caller_; ///< those who hold anything
  std::deque<departure> departures_; ///< the last ones, oldest first
};

} // namespace truckee::actors
