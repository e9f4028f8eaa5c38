#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/descriptor.hpp"

#include <string>
#include <sys/socket.h>
#include <vector>

namespace truckee::doors {

/// An address as the system wants it.
struct socket_address {
  sockaddr_storage raw{};
  socklen_t size = sizeof(sockaddr_storage);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&raw); }
};

/// "127.0.0.1:4401"; IPv4 where it is mapped into IPv6.
std::string to_string(const socket_address& x);
/// The same in parts; the host is numeric.
address parts_of(const socket_address& x);

/// What counts as one source of connections: an IPv4 address, or the first 64 bits of an IPv6 one.
std::string source_of(const socket_address& x);

/// All addresses of a host. Blocks for as long as the system's resolver does, unless `numeric`, which asks nobody.
/// errc::unreachable.
result<std::vector<socket_address>> resolve(const address& what, bool numeric, bool to_listen);

/// A socket that listens there, does not block, and takes a port back that old connections linger on.
/// errc::configuration with the system's words.
result<descriptor> listen_at(const address& where, address& bound);

/// For connections: small writes go at once, and a peer that vanished is noticed in minutes.
void set_up_connection(int fd);

} // namespace truckee::doors
