#pragma once

#include "tls/certificates.hpp"

/// Whether files that somebody names can be used for TLS, told before a library stumbles over them.
namespace truckee::tls {

/// Whether CAF can run mutual TLS with these files; CAF itself would end the process where they are wrong.
/// Each must exist, be readable and parse; the key must be private to its owner, not encrypted, and the
/// certificate's; the certificate must be good now for client and server, signed by the CA. Errors
/// (configuration) name the file and what to do.
result<void> check_tls_files(const std::filesystem::path& ca, const std::filesystem::path& certificate,
                             const std::filesystem::path& key, std::int64_t now = unix_now());

/// Whether an HTTPS server can run with these. Certificate and key as above, but good for a server only,
/// whoever signed the certificate; further certificates of the file are its chain. `client_ca`, unless empty,
/// has the certificates that callers' ones must be signed by. Errors (configuration) name the file and what
/// to do.
result<void> check_server_files(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                const std::filesystem::path& client_ca, std::int64_t now = unix_now());

} // namespace truckee::tls
