#pragma once

#include "truckee/tls/certificates.hpp"
#include "truckee/tls/node_files.hpp"
#include "truckee/tls/server_files.hpp"

/// Whether files that somebody names can be used for TLS, told before a library stumbles over them.
namespace truckee::tls {

/// Whether CAF can run mutual TLS with these files; CAF itself would end the process where they are wrong.
/// Each must exist, be readable and parse; the key must be private (is_private), not encrypted, and the
/// certificate's; the certificate must be good now for client and server, signed by the CA. Errors
/// (configuration) name the file and what to do.
result<void> check_node_files(const node_files& files, std::int64_t now = unix_now());

/// Whether a key in such a file is safe from other users: nobody else has any access, or the file is root's
/// and its group may read it. That is how systemd hands a key to a service on a file system with access
/// lists, and Debian to the group ssl-cert. `mode`: the permission bits; `self`: who we are.
bool is_private(unsigned mode, unsigned owner, unsigned self);

/// Whether an HTTPS server can run with these. Certificate and key as above, but good for a server only,
/// whoever signed the certificate; further certificates of the file are its chain. `client_ca`, unless empty,
/// has the certificates that callers' ones must be signed by. Errors (configuration) name the file and what
/// to do.
result<void> check_server_files(const server_files& files, std::int64_t now = unix_now());

} // namespace truckee::tls
