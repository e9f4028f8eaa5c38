#pragma once

#include "simulation/actors/store_keeper.hpp"
#include "simulation/actors/traffic.hpp"
#include "truckee/messages/types.hpp"

namespace truckee::simulation {

/// What a client's links share.
struct client_port {
  world& truth;
  traffic& wires;
  std::size_t writer;
  /// Called before anything is sent; false: the client is no more.
  std::function<bool(bool write)> may_send;
};

/// Stands where a server_link stands, with the simulated network behind it.
messages::server_link spawn_faulty_link(caf::actor_system& system, std::shared_ptr<client_port> port,
                                        server_id server);

} // namespace truckee::simulation
