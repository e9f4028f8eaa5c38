#pragma once

#include "truckee/actors/shell/services.hpp"

namespace truckee::actors {

/// What a client or store runs. All are of the services' household.
struct crew {
  caf::actor front = {};                                       ///< whom others ask; takes messages::stop
  std::vector<std::pair<std::string, caf::actor>> others = {}; ///< end after it
};

/// How a crew is started, and what others are told when it ends.
struct supervisor_options {
  std::string what = {};               ///< "client" or "store", for the log
  std::function<result<crew>()> start; ///< starts a crew; may block
  std::function<void()> on_down = {};  ///< the crew is gone, and another one is to be started
  messages::duration backoff_min = std::chrono::milliseconds(100); ///< doubles from the first ...
  messages::duration backoff_max = std::chrono::seconds(10);       ///< ... to the second
};

/// Ends by messages::stop, and then only after everybody of the household has.
using supervisor = messages::protocol<void(messages::stop), void(messages::continuation),
                                      void(messages::join_crew), void(messages::leave_crew)>;

/// Watches a crew. Where one of it ends all the same (an exception), it tells the log, counts it, ends the
/// rest, whose callers are answered, and starts another crew.
supervisor spawn_supervisor(caf::actor_system& system, const services& s, supervisor_options options,
                            crew first);

} // namespace truckee::actors
