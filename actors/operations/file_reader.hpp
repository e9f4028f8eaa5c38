#pragma once

#include "truckee/actors/operations/kept_maps.hpp"
#include "truckee/actors/shell/operation_context.hpp"
#include "truckee/grid/strict/strict_setting.hpp"
#include "truckee/shares/share_format.hpp"

#include <functional>

namespace truckee::actors {

/// One read of one file.
struct read_task {
  operation_context context;                       ///< with a read key
  std::optional<grid::strict_setting> strict = {}; ///< of a file that is kept strictly
  bool confirmed = false;                          ///< with strict: only the confirmed version will do
  /// Makes a writer that publishes once more what is there, for a confirmed read; nothing: who asks may not write.
  std::function<messages::file_writer()> renewal = {};
  shares::content_range range = {};                 ///< of the content
  std::optional<grid::version_condition> only = {}; ///< that version, or none
  std::shared_ptr<kept_read_place> kept =
      {}; ///< of this file; used with `only`, and what this one leaves is put there
};

/// Reads the best version of a file as grid::read_operation says: maps, fetches, and starts over where that is worth it. Of a
/// file that is kept strictly so many servers are heard that no acknowledged version can be missed; a confirmed read does
/// as grid::confirmation says. Quits after its answer.
messages::file_reader spawn_file_reader(caf::actor_system& system, read_task task);

} // namespace truckee::actors
