#pragma once

#include "actors/node.hpp"

namespace truckee::actors {

/// Connects to a gateway on another node; blocks for `timeout` at most. errc::refused for an address that is
/// not loopback where the node has no TLS, errc::unreachable or errc::timeout where nobody answers,
/// errc::protocol where it is no gateway.
result<messages::file_gateway> connect_gateway(node& n, const address& where,
                                               const std::optional<grid::tls_files>& tls,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(5));

} // namespace truckee::actors
