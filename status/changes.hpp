#pragma once

#include "truckee/messages/types.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>

/// What event streams wait for.
namespace truckee::status {

/// Counts changes; a stream that is slow misses some and holds nothing.
class change_counter {
public:
  /// What there is to tell at one moment.
  struct news {
    std::uint64_t change = 0;
    std::size_t running = 0; ///< operations that were heard of and have not ended
  };

  void heard(const messages::progress_event& event);
  /// Another gateway is listened to: nothing of the one before runs any more.
  void begin_anew();
  void stop();
  bool stopped() const;
  /// Waits for a change after `seen`, or until the time is up, or stopped.
  news wait(std::uint64_t seen, std::chrono::milliseconds longest) const;

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::uint64_t change_ = 0;
  std::set<std::uint64_t> running_;
  bool stopped_ = false;
};

/// An actor that hears the gateway's progress events and counts them.
messages::progress_listener spawn_change_listener(caf::actor_system& system,
                                                  std::shared_ptr<change_counter> counter);

} // namespace truckee::status
