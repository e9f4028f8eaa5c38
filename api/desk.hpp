#pragma once

#include "truckee/messages/operations.hpp"

#include <functional>

namespace truckee::api {

/// Where threads that are nobody's hand in what is to be done in an actor. A thread that spawns by itself keeps a hold on CAF's logger, and
/// with it on the end of the system, for as long as it runs.
struct desk {
  caf::actor who; ///< ends at messages::stop, when what was handed in before is done
  std::function<void(std::function<void()>)> hand_in; ///< from any thread, until `who` is stopped
};
desk spawn_desk(caf::actor_system& system);

} // namespace truckee::api
