#pragma once

#include "truckee/base/address.hpp"

#include <filesystem>
#include <optional>
#include <string>

/// Settings that clients and storage servers have in common; grid files and storage files name them alike.
namespace truckee::grid {

/// PEM files for mutual TLS between Truckee's own nodes. `truckee certs` makes them.
struct tls_files {
  std::filesystem::path ca;
  std::filesystem::path certificate;
  std::filesystem::path key;
  friend bool operator==(const tls_files&, const tls_files&) = default;
};

/// Who may scrape, where not everybody may.
struct metrics_login {
  std::string user;
  std::filesystem::path password_file; ///< its first line is the password
  friend bool operator==(const metrics_login&, const metrics_login&) = default;
};

/// PEM files for a metrics port over HTTPS.
struct metrics_tls {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path client_ca; ///< serve only whose certificate these sign; empty: everybody
  friend bool operator==(const metrics_tls&, const metrics_tls&) = default;
};

/// A metrics port, as a configuration file has it.
struct metrics_settings {
  std::optional<address> listen;
  std::optional<metrics_login> login;
  std::optional<metrics_tls> tls;
  friend bool operator==(const metrics_settings&, const metrics_settings&) = default;
};

} // namespace truckee::grid
