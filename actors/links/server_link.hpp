#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/control/probe.hpp"
#include "truckee/messages/types.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace truckee::actors {

/// A server reached over CAF's network.
struct remote_endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::optional<tls::node_files> tls; ///< nothing: plain, which only loopback may be
};

struct link_limits {
  /// For probing, connecting and the introduction, each.
  messages::duration connect_timeout = std::chrono::seconds(5);
  /// The pause before trying again doubles from the first to the second, give or take a quarter.
  messages::duration reconnect_min = std::chrono::milliseconds(200);
  messages::duration reconnect_max = std::chrono::seconds(10);
  /// Bytes sent to this server and not answered yet; more wait here. CAF itself would queue without bound.
  /// One message always goes.
  std::uint64_t bytes_in_flight_max = 64ULL << 20;
};

struct link_options {
  std::string name; ///< as configured; the metrics label
  std::variant<messages::storage_server, remote_endpoint> endpoint;
  /// A server with another id is refused: a write enabler must never reach the wrong one.
  std::optional<server_id> pinned;
  link_limits limits;
};

/// Keeps one server reachable: connects, reconnects, notices when it falls silent.
messages::server_link spawn_server_link(caf::actor_system& system, services_ptr services,
                                        link_options options);

} // namespace truckee::actors
