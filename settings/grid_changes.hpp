#pragma once

#include "truckee/settings/grid_file.hpp"

namespace truckee::settings {

/// What a running client makes of another configuration.
struct grid_changes {
  grid_config in_use; ///< what it then runs with
  /// What it takes on, one sentence each, for logs and answers: "server beta gets no new shares".
  std::vector<std::string> changed;
  /// What differs and only a new process takes on: "[tls]", "[[server]] \"delta\" is new".
  std::vector<std::string> needs_restart;
};

/// Servers are told apart by their names. Taken on are: whether a server drains, is preferred, its permutation
/// seed; the spread of new files; read-only; the limits on what is held and on operations.
grid_changes changes_between(const grid_config& now, const grid_config& wanted);

} // namespace truckee::settings
