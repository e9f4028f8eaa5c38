#pragma once

#include "truckee/base/result.hpp"
#include "truckee/tls/identity.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// Makes certificates for mutual TLS between Truckee's own nodes.
namespace truckee::tls {

/// The two files that one node was given.
struct node_certificate {
  std::string name;
  std::filesystem::path certificate; ///< PEM
  std::filesystem::path key;         ///< PEM, not encrypted
  pin key_pin = {};                  ///< for a grid file's certificate-pin
};

/// What make_certificates() made.
struct made_certificates {
  std::filesystem::path ca; ///< PEM; what every node trusts
  bool ca_is_new = false;
  std::vector<node_certificate> nodes;
};

/// A clock's reading, in unix seconds; injected by tests.
std::int64_t unix_now();

/// Makes dir/ca.pem and dir/ca.key unless they are there, and dir/NAME.pem and dir/NAME.key for each name:
/// P-256, good for both sides of mutual TLS for 10 years, with the name as subject alternative name (an IP
/// address as such) and what they are for as organizational unit (identity.hpp), unless that is anything. The
/// folder is made with mode 0700, files with 0600. Nothing is overwritten, and nothing is made when any name
/// is taken or bad. Errors: usage (a bad name), refused (a file exists; the folder is open to others), corrupt
/// (the CA there is unusable), io.
result<made_certificates> make_certificates(const std::filesystem::path& dir,
                                            const std::vector<std::string>& names,
                                            std::int64_t now = unix_now(), role made_for = role::any);

} // namespace truckee::tls
