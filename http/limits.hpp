#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace truckee::http {

/// What callers may cost before and after their handler runs.
struct front_limits {
  std::size_t connections_max = 64;
  std::size_t of_one_source_max = 32;    ///< an IPv4 address, or the /64 of an IPv6 one
  std::chrono::milliseconds head{5000};  ///< from the connection to the whole head, a TLS handshake included
  std::chrono::milliseconds stall{5000}; ///< longest wait for a caller to take anything of its answer
  std::chrono::milliseconds tail{30000}; ///< and for it to take all, from when the handler is done
  std::chrono::milliseconds goodbye{1000}; ///< for the caller to close, once it has its answer

  // -- where callers may ask again, and requests have bodies (front::options::admit)
  std::chrono::milliseconds idle{
      300'000}; ///< between two requests; longer than clients keep a connection they do not use
  std::chrono::milliseconds room{30'000}; ///< for a request to wait until others let go of memory
  /// Bytes a second that a body or an answer must have moved on the whole, beyond `stall` or `tail`; 0: however many.
  std::uint64_t slowest = 0;
  /// Bytes of bodies and answers that all callers together may make us hold; one request may have more where there is no other.
  std::uint64_t held_bytes_max = 0;
};

} // namespace truckee::http
