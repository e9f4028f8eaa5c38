#pragma once

#include <chrono>
#include <cstddef>

namespace truckee::http {

/// What callers may cost before and after their handler runs.
struct front_limits {
  std::size_t connections_max = 64;
  std::size_t of_one_source_max = 32;    ///< an IPv4 address, or the /64 of an IPv6 one
  std::chrono::milliseconds head{5000};  ///< from the connection to the whole head, a TLS handshake included
  std::chrono::milliseconds stall{5000}; ///< longest wait for a caller to take anything of its answer
  std::chrono::milliseconds tail{30000}; ///< and for it to take all, from when the handler is done
  std::chrono::milliseconds goodbye{1000}; ///< for the caller to close, once it has its answer
};

} // namespace truckee::http
