#pragma once

#include "truckee/actors/shell/operation_context.hpp"
#include "truckee/grid/strict/strict_setting.hpp"

namespace truckee::actors {

/// Reads the best version of a file as grid::read_operation says: maps, fetches, and starts over where that is worth it.
/// `context`: with a read key. Of a file that is kept strictly so many servers are heard that no acknowledged version can be
/// missed. Quits after its answer.
messages::file_reader spawn_file_reader(caf::actor_system& system, operation_context context,
                                        std::optional<grid::strict_setting> strict = {});

} // namespace truckee::actors
