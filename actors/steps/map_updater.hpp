#pragma once

#include "truckee/actors/shell/operation_context.hpp"

namespace truckee::actors {

/// Whose map is made.
struct map_task {
  operation_context context; ///< its listener hears of maps that take their time
  grid::map_request request;
  /// Where the file is kept strictly: the map brings its slots, and asks the servers of the setting.
  std::optional<grid::strict_setting> strict = {};
};

/// A map over all of an operation's servers, in their order for the file; callers add what else they know.
map_task map_task_for(const operation_context& of, grid::map_mode mode, progress_span span);
/// The same of a file that is kept strictly: over the servers of the setting; a reader hears as many as it must. Where there are
/// two sets of servers, a plain reader asks those that decide only: what he finds must be what they show. `confirmed`: a reader
/// to whom it matters who has confirmed.
map_task strict_map_task_for(const operation_context& of, grid::map_mode mode, progress_span span,
                             const grid::strict_setting& setting, bool confirmed = false);

/// Asks servers which shares they have, verifies each, and answers with a servermap. Lives until stopped, so
/// that a reader can ask for more.
messages::map_updater spawn_map_updater(caf::actor_system& system, map_task task);

} // namespace truckee::actors
