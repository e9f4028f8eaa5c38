#pragma once

/// The settings of an actor system of Truckee's own programs.

#include "truckee/messages/caf/protocol.hpp"

#include <caf/actor_system_config.hpp>

namespace truckee::messages {

/// Everything is set in code, never read from CAF's own files or arguments; the types that cross the network
/// are registered. truckee::register_types() before it where actors of Truckee run.
class system_config : public caf::actor_system_config {
public:
  system_config();
};

} // namespace truckee::messages
