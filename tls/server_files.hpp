#pragma once

#include <filesystem>

namespace truckee::tls {

/// PEM files for a port over HTTPS, TLS 1.2 and later.
struct server_files {
  std::filesystem::path certificate = {}; ///< and its chain
  std::filesystem::path key = {};         ///< not encrypted, private (tls/check.hpp)
  /// Serve only callers whose certificate these sign; empty: callers need none.
  std::filesystem::path client_ca = {};
  friend bool operator==(const server_files&, const server_files&) = default;
};

} // namespace truckee::tls
