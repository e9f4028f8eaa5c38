#pragma once

#include "truckee/base/address.hpp"
#include "truckee/tls/node_files.hpp"
#include "truckee/tls/server_files.hpp"

#include <filesystem>
#include <optional>
#include <string>

/// Settings that clients and storage servers have in common; grid files and storage files name them alike.
namespace truckee::settings {

/// Who may scrape, where not everybody may.
struct metrics_login {
  std::string user = {};
  std::filesystem::path password_file = {}; ///< its first line is the password
  friend bool operator==(const metrics_login&, const metrics_login&) = default;
};

/// A metrics port, as a configuration file has it.
struct metrics_settings {
  std::optional<address> listen = {};
  std::optional<metrics_login> login = {};
  std::optional<tls::server_files> tls = {};
  friend bool operator==(const metrics_settings&, const metrics_settings&) = default;
};

} // namespace truckee::settings
