#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace truckee {

/// Where somebody listens. `host` is a name or a numeric address, without brackets.
struct address {
  std::string host;
  std::uint16_t port = 0;

  /// Numeric loopback (127.0.0.0/8, ::1, their IPv4-mapped forms) or "localhost". Names are not looked up: a
  /// name that happens to resolve to loopback is not trusted to stay there.
  bool is_loopback() const;

  /// Whether the host is an IPv4 or IPv6 address rather than a name.
  bool is_numeric() const;

  friend bool operator==(const address&, const address&) = default;
};

/// "127.0.0.1:4401", "host.example:4401" or "[::1]:4401". Errors (usage): what was wrong and what an address
/// looks like. Port 0 is refused unless `allow_port_zero` (a listener that takes any free port).
result<address> parse_address(std::string_view text, bool allow_port_zero = false);

/// The form parse_address reads; IPv6 in brackets.
std::string to_string(const address& a);

} // namespace truckee
