#pragma once

#include <filesystem>

namespace truckee::tls {

/// PEM files for mutual TLS between Truckee's own nodes. `truckee certs` makes them.
struct node_files {
  std::filesystem::path ca = {};
  std::filesystem::path certificate = {};
  std::filesystem::path key = {}; ///< not encrypted, private (tls/check.hpp)
  friend bool operator==(const node_files&, const node_files&) = default;
};

} // namespace truckee::tls
