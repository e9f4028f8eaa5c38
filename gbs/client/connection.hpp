#pragma once

#include "truckee/base/ids.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

/// What the operating system and OpenSSL tell of a connection.
namespace truckee::gbs {

/// Payload bytes that have moved over a TCP connection so far, in both directions; what was sent counts once the peer has it.
/// What lies in the kernel's buffer has not moved: megabytes may, on a slow line.
std::uint64_t bytes_moved(int socket);

/// The two ends of a connection; hosts are numeric.
struct endpoints {
  std::string_view local_host, remote_host;
  int local_port = 0, remote_port = 0;
};

/// The sockets that libcurl has open. It keeps connections for later requests, and tells only between which addresses the one
/// is that a request goes over.
class socket_set {
public:
  /// For CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION; -1 where there is none.
  int open(int family, int type, int protocol);
  int close(int socket);
  /// -1 where there is no such connection.
  int find(const endpoints& between) const;

private:
  std::set<int> open_;
};

/// SHA-1 of the peer's certificate; `ssl` is OpenSSL's SSL. Nothing where there is none.
std::optional<server_id> certificate_id(void* ssl);

} // namespace truckee::gbs
