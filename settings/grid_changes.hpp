#pragma once

#include "truckee/settings/grid_file.hpp"

namespace truckee::settings {

/// What a running client makes of another configuration.
struct grid_changes {
  grid_config in_use; ///< what it then runs with
  /// What it takes on, one sentence each, for logs and answers: "server beta gets no new shares".
  std::vector<std::string> changed;
  /// What differs and only a new process takes on: "[log]", "[metrics]".
  std::vector<std::string> needs_restart;
};

/// Whether a link to the one is a link to the other: name, place, pinned id and pinned certificate.
bool is_same_server(const server_config& a, const server_config& b);
/// Whether links that were made with the one need not be made anew for the other.
bool same_link_limits(const limit_settings& a, const limit_settings& b);

/// Servers are told apart by their names; one at another place, or with another pinned id or certificate, is
/// another one. Taken on
/// are: servers and what is said of them; the spread of new files; the order, its neighbour and its exchange; read-only; the limits; other TLS files
/// (but not whether there is TLS). What stands in those files is not compared here. A folder of this
/// process cannot change its server's name: where one does, all servers stay as they are.
grid_changes changes_between(const grid_config& now, const grid_config& wanted);

} // namespace truckee::settings
