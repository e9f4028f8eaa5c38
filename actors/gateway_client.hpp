#pragma once

#include "actors/node.hpp"

namespace truckee::actors {

/// Connects to a gateway on another node; blocks for `timeout` at most. errc::refused for an address that is
/// not loopback where the node has no TLS, errc::unreachable or errc::timeout where nobody answers,
/// errc::protocol where it is no gateway.
result<messages::file_gateway> connect_gateway(node& n, const address& where,
                                               const std::optional<grid::tls_files>& tls,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(5));

/// Asks a gateway from a thread that may block, and waits: a reply always comes, at worst one that says what
/// broke (where that kind of reply can say so; else it comes as it is made by default).
template <class Reply, class Request>
Reply ask_gateway(caf::actor_system& system, const messages::file_gateway& gateway, Request request) {
  caf::scoped_actor self(system);
  Reply out;
  // Operations arm their own deadlines; this one only guards against a defect of ours.
  messages::request_blocking(
      self, gateway, std::chrono::hours(24), std::move(request), [&](const Reply& reply) { out = reply; },
      [&](const caf::error& e) {
        if constexpr (requires { out.failure; })
          out.failure = {errc::internal, messages::describe(e, system)};
      });
  return out;
}

} // namespace truckee::actors
