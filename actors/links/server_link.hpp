#pragma once

#include "truckee/actors/links/endpoint.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/messages/types.hpp"

#include <optional>
#include <string>

namespace truckee::actors {

/// How long a link waits, and how much it lets go at once.
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

/// One server: how it is called and reached.
struct link_options {
  std::string name = {}; ///< as configured; the metrics label
  link_endpoint endpoint = {};
  /// A server with another id is refused: a write enabler must never reach the wrong one.
  std::optional<server_id> pinned = {};
  link_limits limits = {};
};

/// Keeps one server reachable: connects, reconnects, notices when it falls silent. Answers every request exactly
/// once, within its deadline, and says whether it was ever sent.
messages::server_link spawn_server_link(caf::actor_system& system, services_ptr services,
                                        link_options options);

} // namespace truckee::actors
