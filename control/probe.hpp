#pragma once

#include "truckee/base/result.hpp"
#include "truckee/tls/node_files.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace truckee::control {

/// Connects, with TLS where files are given, and waits for the first byte a CAF node sends by itself; then
/// hangs up. So a stopped process, a foreign program and a wrong certificate are told apart from a living
/// node, in bounded time, before CAF (whose connect has no deadline and holds up every other one) is asked to
/// connect. Blocks; host is numeric or resolved by the system. errc::unreachable or errc::timeout, with a
/// sentence that says what to do.
result<void> probe(const std::string& host, std::uint16_t port, const std::optional<tls::node_files>& tls,
                   std::chrono::milliseconds deadline);

} // namespace truckee::control
