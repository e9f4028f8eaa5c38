#pragma once

#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/types.h>

namespace truckee::doors {

/// Whose socket is at the other end of a connection within this machine (and network namespace): the kernel's socket
/// table knows. `peer` and `own` are the two ends of an accepted connection. Nothing where it cannot be told.
std::optional<uid_t> user_of(const sockaddr_storage& peer, const sockaddr_storage& own);
/// The same of a connected socket.
std::optional<uid_t> user_at(int fd);

/// Whether that user may be at the other end where there is no TLS: this process's own, or root.
bool is_trusted(uid_t user);
/// "user 1000 of this machine", or why that cannot be told.
std::string user_words(std::optional<uid_t> user);

/// Whether the other end of a connected socket has closed; takes a millisecond where it has not.
bool is_gone(int fd);

} // namespace truckee::doors
