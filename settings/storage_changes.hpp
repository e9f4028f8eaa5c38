#pragma once

#include "truckee/settings/storage_file.hpp"

#include <vector>

namespace truckee::settings {

/// What a running store makes of another configuration.
struct storage_changes {
  storage_config in_use;                  ///< what it then runs with
  std::vector<std::string> changed;       ///< what it takes on, one sentence each
  std::vector<std::string> needs_restart; ///< what differs and only a new process takes on, by its key
};

/// Taken on are: read-only (a store that was opened so stays so), the room left to others, the longest share,
/// all of [expiry], and other TLS files (but not whether there is TLS). What stands in those is not compared here.
storage_changes changes_between(const storage_config& now, const storage_config& wanted,
                                bool opened_read_only);

} // namespace truckee::settings
