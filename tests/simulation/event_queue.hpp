#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace truckee::simulation {

/// Microseconds of virtual time.
using sim_time = std::uint64_t;

inline constexpr sim_time millisecond = 1000;
inline constexpr sim_time second = 1000 * millisecond;

/// What a run's time passes on: a queue of events, or the clock of an actor system.
class sim_clock {
public:
  virtual ~sim_clock() = default;
  virtual sim_time now() const = 0;
  virtual void after(sim_time delay, std::function<void()> what) = 0;
};

/// A virtual clock. Events of one instant run in the order they were scheduled, so that one seed gives one
/// run.
class event_queue final : public sim_clock {
public:
  sim_time now() const override { return now_; }
  std::uint64_t events() const { return done_; }

  void after(sim_time delay, std::function<void()> what) override {
    queue_.push({now_ + delay, ++scheduled_, std::move(what)});
  }

  /// Runs until nothing is left. False if that takes more than `events_max` events: something never ends.
  bool drain(std::uint64_t events_max) {
    for (std::uint64_t i = 0; !queue_.empty(); ++i) {
      if (i == events_max)
        return false;
      // top() is const only to protect the order, which moving the action out does not touch.
      auto next = std::move(const_cast<event&>(queue_.top()));
      queue_.pop();
      now_ = next.at;
      ++done_;
      next.what();
    }
    return true;
  }

private:
  struct event {
    sim_time at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  std::priority_queue<event> queue_;
  sim_time now_ = 0;
  std::uint64_t scheduled_ = 0;
  std::uint64_t done_ = 0;
};

} // namespace truckee::simulation
