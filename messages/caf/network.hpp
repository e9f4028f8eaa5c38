#pragma once

/// Actors of other nodes: to connect to one, to publish one. The only header that knows CAF's I/O and OpenSSL
/// modules.

#include "truckee/messages/caf/route.hpp"
#include "truckee/messages/caf/shell.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/expected.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor.hpp>
#include <caf/openssl/manager.hpp>
#include <caf/openssl/publish.hpp>
#if TRUCKEE_CAF_1
#include <caf/type_list.hpp>
#else
#include <caf/atom.hpp>
#endif

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace truckee::messages {

/// What stands at the other end of a new connection: the published actor, and the signatures it claims.
struct connected_peer {
  caf::strong_actor_ptr actor;
  std::set<std::string> signatures;
};

/// Connects without blocking any thread of CAF's but the middleman's own; probe the port first, for a connect
/// that blocks holds up every other one. `then(connected_peer)` or `otherwise(caf::error)` runs in `self`. With TLS
/// ask find_route before anything secret is sent: CAF may answer over a connection that is there already.
template <class Self, class Then, class Otherwise>
void connect(Self* self, bool tls, std::string host, std::uint16_t port, duration timeout, Then then,
             Otherwise otherwise) {
  auto& system = self->system();
  const auto& middleman = tls ? system.openssl_manager().actor_handle() : system.middleman().actor_handle();
  auto on_peer = [then = std::move(then)](const caf::node_id&, const caf::strong_actor_ptr& actor,
                                          const std::set<std::string>& signatures) mutable {
    then(connected_peer{actor, signatures});
  };
#if TRUCKEE_CAF_1
  self->mail(caf::connect_atom_v, std::move(host), port)
      .request(middleman, timeout)
      .then(std::move(on_peer), std::move(otherwise));
#else
  self->request(middleman, timeout, caf::connect_atom::value, std::move(host), port)
      .then(std::move(on_peer), std::move(otherwise));
#endif
}

/// The same from a thread that may block. Nothing, and the reason in `why`, where no connection was made in
/// time, or where TLS is wanted and messages would go another way.
inline std::optional<connected_peer> connect_blocking(caf::actor_system& system, bool tls, std::string host,
                                                      std::uint16_t port, duration timeout,
                                                      std::string& why) {
  const auto& middleman = tls ? system.openssl_manager().actor_handle() : system.middleman().actor_handle();
  caf::scoped_actor self(system);
  std::optional<connected_peer> out;
  auto on_peer = [&out](const caf::node_id&, const caf::strong_actor_ptr& actor,
                        const std::set<std::string>& signatures) {
    out = connected_peer{actor, signatures};
  };
  auto on_error = [&](const caf::error& e) { why = describe(e, system); };
#if TRUCKEE_CAF_1
  self->mail(caf::connect_atom_v, std::move(host), port)
      .request(middleman, timeout)
      .receive(on_peer, on_error);
#else
  self->request(middleman, timeout, caf::connect_atom::value, std::move(host), port)
      .receive(on_peer, on_error);
#endif
  // What is said to it may be secret, and CAF may have answered over a connection that was there already.
  if (out && tls && out->actor && out->actor->node() != system.node())
    if (const auto found = find_route_blocking(system, out->actor->node()); found.kind != route_kind::tls) {
      why = why_not_tls(found);
      return std::nullopt;
    }
  return out;
}

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

/// Opens a port for an actor; the port (chosen by the system for 0), or CAF's error.
template <class Handle>
caf::expected<std::uint16_t> publish(const Handle& actor, bool tls, std::uint16_t port, const char* address) {
  // SO_REUSEADDR: a restarted server gets its port back while old connections linger.
  if (tls)
    return caf::openssl::publish(actor, port, address, true);
  return actor->home_system().middleman().publish(actor, port, address, true);
}

/// Closes a port that was opened for an actor; nothing where it is closed already.
template <class Handle>
void unpublish(caf::actor_system& system, const Handle& actor, bool tls, std::uint16_t port) {
  if (!actor)
    return;
  const auto& middleman = tls ? system.openssl_manager().actor_handle() : system.middleman().actor_handle();
  caf::scoped_actor self(system);
#if TRUCKEE_CAF_1
  self->mail(caf::unpublish_atom_v, actor.address(), port)
      .request(middleman, caf::infinite)
      .receive([] {}, [](const caf::error&) {});
#else
  self->request(middleman, caf::infinite, caf::unpublish_atom::value, actor.address(), port)
      .receive([] {}, [](const caf::error&) {});
#endif
}

/// The certificate that the system shows to peers; empty where it has none.
inline std::string tls_identity(caf::actor_system& system) {
#if TRUCKEE_CAF_1
  return caf::get_or(system.config(), "caf.openssl.certificate", "");
#else
  return system.config().openssl_certificate;
#endif
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
