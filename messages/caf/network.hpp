#pragma once

/// Actors of other nodes, and what they may ask of this one. With passages.hpp, which makes the connections, all that knows
/// CAF's I/O module.

#include "truckee/messages/caf/route.hpp"
#include "truckee/messages/caf/shell.hpp"

#include <caf/actor_registry.hpp>
#include <caf/io/middleman.hpp>
#if TRUCKEE_CAF_1
#include <caf/type_list.hpp>
#else
#include <caf/atom.hpp>
#endif

#include <set>
#include <string>

namespace truckee::messages {

/// What stands at the other end of a new connection: the published actor, and the signatures it claims.
struct connected_peer {
  caf::strong_actor_ptr actor;
  std::set<std::string> signatures;
};

/// The peer as an actor of protocol Handle; an empty handle if it does not speak all of it.
template <class Handle>
Handle as_protocol(caf::actor_system& system, const connected_peer& peer) {
#if TRUCKEE_CAF_1
  const auto wanted = system.message_types(caf::type_list<Handle>{});
#else
  const auto wanted = system.message_types(caf::detail::type_list<Handle>{});
#endif
  if (!peer.actor || !system.assignable(peer.signatures, wanted))
    return {};
  return caf::actor_cast<Handle>(peer.actor);
}

/// Takes away what a connected peer could use besides the published actor: spawning actors by name, reading
/// and writing the configuration.
inline void close_registry(caf::actor_system& system) {
#if TRUCKEE_CAF_1
  system.registry().erase("SpawnServ");
  system.registry().erase("ConfigServ");
#else
  system.registry().erase(caf::atom("SpawnServ"));
  system.registry().erase(caf::atom("ConfigServ"));
#endif
}

} // namespace truckee::messages
