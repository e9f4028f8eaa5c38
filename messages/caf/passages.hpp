#pragma once

/// Actors of other nodes over connections that a porter made or let in (doors/porter.hpp): CAF is handed the inner end
/// of each, and knows neither network nor TLS.

#include "truckee/doors/porter.hpp"
#include "truckee/messages/caf/network.hpp"

#include <caf/io/scribe.hpp>

namespace truckee::messages {

/// A porter for connections of that system, which lets pass what Truckee's nodes say (door.hpp) and ends before it.
/// errc::io where there are no threads or descriptors.
result<std::shared_ptr<doors::porter>> make_porter(const caf::actor_system& system,
                                                   std::shared_ptr<doors::observer> tell = {});

/// Who is at the other end of a passage.
struct passage_facts {
  bool tls = false;
  std::optional<tls::identity> peer; ///< with TLS
  std::string remote;                ///< "host:port"
};

/// What is known of a connection of CAF's, in its network thread; nothing where no porter made it.
const passage_facts* facts_of(const caf::io::scribe* connection);

/// A passage as a connection of CAF's. Its number is its own for as long as the process lives.
caf::io::scribe_ptr as_connection(caf::actor_system& system, doors::passage from);

/// The broker that has all connections to other nodes.
caf::actor routing_broker(caf::actor_system& system);

/// Ends a connection that came to nothing: CAF has no deadline for a peer that says half a greeting.
void hang_up(const caf::io::scribe_ptr& connection);

/// Meets the node at the other end of a passage that was dialled. `then(connected_peer)` or `otherwise(caf::error)` runs
/// in `self`. CAF keeps one connection a node: where another one stands, this one is closed and messages take that.
template <class Self, class Then, class Otherwise>
void meet(Self* self, doors::passage over, duration timeout, Then then, Otherwise otherwise) {
  auto connection = as_connection(self->system(), std::move(over));
  const auto broker = routing_broker(self->system());
  auto on_peer = [then = std::move(then)](const caf::node_id&, const caf::strong_actor_ptr& actor,
                                          const std::set<std::string>& signatures) mutable {
    then(connected_peer{actor, signatures});
  };
  auto on_error = [connection, otherwise = std::move(otherwise)](const caf::error& e) mutable {
    hang_up(connection);
    otherwise(e);
  };
#if TRUCKEE_CAF_1
  self->mail(caf::connect_atom_v, std::move(connection), std::uint16_t{0})
      .request(broker, timeout)
      .then(std::move(on_peer), std::move(on_error));
#else
  self->request(broker, timeout, caf::connect_atom::value, std::move(connection), std::uint16_t{0})
      .then(std::move(on_peer), std::move(on_error));
#endif
}

/// The same from a thread that may block.
result<connected_peer> meet_blocking(caf::actor_system& system, doors::passage over, duration timeout);

/// Dials, meets the node there, and looks that messages to it take a connection as it must be: with TLS to whom `what`
/// expects, where it says TLS. Its deadline is for dialling and for meeting, each. Blocks; errors as porter::dial, and
/// refused where messages would go another way.
result<connected_peer> connect_blocking(caf::actor_system& system, doors::porter& by,
                                        const doors::call& what);

/// A door behind which an actor stands.
struct published_door {
  std::uint64_t door = 0; ///< the porter's
  address at;             ///< with the port that was chosen
};

/// Opens a door for an actor of these signatures; whoever comes in meets it. The porter must be closed, or the door by
/// unpublish_at(), before `system` ends. Blocks. Errors: as porter::open, and io where CAF does not take it.
result<published_door> publish_at(caf::actor_system& system, doors::porter& by, doors::door what,
                                  const caf::strong_actor_ptr& actor, std::set<std::string> signatures);

template <class Handle>
result<published_door> publish_at(doors::porter& by, doors::door what, const Handle& actor) {
  auto& system = actor->home_system();
#if TRUCKEE_CAF_1
  auto signatures = system.message_types(caf::type_list<Handle>{});
#else
  auto signatures = system.message_types(caf::detail::type_list<Handle>{});
#endif
  return publish_at(system, by, std::move(what), caf::actor_cast<caf::strong_actor_ptr>(actor),
                    std::move(signatures));
}

/// Closes it; who came in stays. Blocks.
void unpublish_at(caf::actor_system& system, doors::porter& by, const published_door& which,
                  const caf::actor_addr& actor);

} // namespace truckee::messages
