#pragma once

#include "truckee/base/executor.hpp"
#include "truckee/base/random.hpp"
#include "truckee/base/time_source.hpp"
#include "truckee/logs/event_log.hpp"

#include <map>
#include <memory>
#include <string>

namespace prometheus {
class Registry;
}

namespace truckee {

/// What a host gives to a client or store that lives in its actor system. All of it may be left out.
struct surroundings {
  /// Where metrics are counted; nothing: in a registry of its own, see metrics(). Every series is taken out at
  /// the end.
  std::shared_ptr<prometheus::Registry> registry = {};
  /// On every series. Two clients in one registry need labels that tell them apart.
  std::map<std::string, std::string> labels = {};
  /// Nothing: nobody listens. `std::make_shared<logs::event_log>(level, [](const logs::record& r) {...})` hands
  /// every event to a function of the host's.
  logs::log_ptr log = {};
  /// Where what computes, and what blocks, runs; nothing: threads of its own, which end with it. They must
  /// outlive it, and run every job they took.
  std::shared_ptr<executor> compute = {};
  std::shared_ptr<executor> blocking = {};
  time_ptr time = {};                         ///< nothing: the operating system's; timers are always CAF's
  std::shared_ptr<random_source> random = {}; ///< nothing: the operating system's
};

/// Threads of its own, where surroundings have none.
struct thread_limits {
  std::size_t compute = 0;  ///< 0: as many as there are processors
  std::size_t blocking = 8; ///< for fsync and files; they mostly wait
};

} // namespace truckee
