#pragma once

#include "truckee/base/secret_text.hpp"
#include "truckee/settings/grid_file.hpp"

#include <span>

/// Makes a grid file of what a Tahoe-LAFS grid's own directories know. Their formats: docs/formats.md section 17.
namespace truckee::settings {

/// What was found. Its servers have names, addresses and ids that differ, so that they make a grid file.
struct imported_grid {
  grid::spread encoding = {};
  std::vector<server_config> servers = {}; ///< each reached by its NURL; at least one
  std::filesystem::path lease_secret = {}; ///< the client's own, in base32; empty: there is none
  std::vector<std::string> left_out = {};  ///< what a grid file cannot have, a sentence each
};

/// Whether a directory of Tahoe-LAFS knows other servers: by private/servers.yaml, or because an introducer told it.
bool knows_servers(const std::filesystem::path& folder);

/// A client's directory: private/servers.yaml, private/introducer_*_cache.yaml, tahoe.cfg, private/secret. A server that
/// announces no NURL is left out. Errors (configuration, not_found, io) say "FILE:LINE: key: what was wrong, what to do", and
/// never show a swissnum.
result<imported_grid> import_client(const std::filesystem::path& folder);

/// Directories of storage nodes: tahoe.cfg, private/node.pem, private/storage.furl, permutation-seed. How files are spread is
/// not theirs to know: as by default, or with fewer servers as happy as can be. Errors as above.
result<imported_grid> import_nodes(std::span<const std::filesystem::path> folders);

/// Of directories that somebody named: one client's, which knows other servers, or those of storage nodes. A client that an
/// introducer has told nothing yet is refused with what to do. Errors as above.
result<imported_grid> import_directories(std::span<const std::filesystem::path> folders);

/// A client's lease secret, as a line of base32. Errors (configuration) do not show it.
result<secret_text> read_lease_secret(const std::filesystem::path& file);

/// The text of a grid file, which is a secret: NURLs entitle. `made_of` stands in its first line; `lease_secret` as it is to be
/// written, none where it is empty.
secret_text grid_text(const imported_grid& from, std::string_view made_of, std::string_view lease_secret);

} // namespace truckee::settings
