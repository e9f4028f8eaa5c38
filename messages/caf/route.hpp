#pragma once

/// Which way messages take to another node. CAF keeps one connection a node, whoever made it: who connects with
/// TLS to a node that is connected already is answered over the connection that is there.

#include "truckee/doors/stream.hpp"

#include <caf/fwd.hpp>
#include <caf/node_id.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace truckee::messages {

/// Which way a node's messages go.
enum class route_kind : std::uint8_t {
  none,    ///< there is none (any more)
  plain,   ///< a connection of its own, without TLS
  tls,     ///< a connection of its own, with TLS
  relayed, ///< over another node, which reads everything
};

/// The way to one node at one moment.
struct route {
  route_kind kind = route_kind::none;
  std::int64_t connection = -1; ///< CAF's number of it, used again once it is closed; -1: relayed or none
  std::optional<tls::identity> peer = {}; ///< with `tls`: whose certificate was shown there
};

/// Looks the route up; `then` runs in CAF's network thread, soon, and must not block. It never runs where the
/// system ends meanwhile.
void find_route(caf::actor_system& system, const caf::node_id& to, std::function<void(route)> then);

/// The same from a thread that may block, and is not CAF's.
route find_route_blocking(caf::actor_system& system, const caf::node_id& to);

/// Whether messages to that node still take the connection that was found; quick, from any thread. CAF 0.17
/// lets whoever reaches a port of this node turn the route of a node it names.
bool is_still_the_route(caf::actor_system& system, const caf::node_id& to, const route& found);

/// What is wrong with a route that has to be `tls` and end at that peer, and what to do, for people; empty: nothing. The
/// connection need not be the one that was dialled, so whoever stands at its end is looked at again.
std::string why_not_tls(const route& found, const doors::expected_peer& wanted);

} // namespace truckee::messages
