#pragma once

#include "truckee/actors/shell/services.hpp"

namespace truckee::actors {

/// Sends one server's test-and-set messages for one publish; tells `coordinator` exactly one outcome for
/// each, also when the server hangs, the connection breaks or the link itself ends.
messages::share_writer spawn_share_writer(caf::actor_system& system, services_ptr services,
                                          const server_entry& server, std::uint64_t operation,
                                          messages::publish_coordinator coordinator);

} // namespace truckee::actors
