#pragma once

#include <optional>
#include <sys/socket.h>
#include <sys/types.h>

namespace truckee::doors {

/// Whose socket is at the other end of a connection within this machine (and network namespace): the kernel's socket
/// table knows. `peer` and `own` are the two ends of an accepted connection. Nothing where it cannot be told.
std::optional<uid_t> user_of(const sockaddr_storage& peer, const sockaddr_storage& own);

} // namespace truckee::doors
