#pragma once

#include "truckee/actors/shell/operation_context.hpp"

namespace truckee::actors {

/// Reads the best version of a file as grid::read_operation says: maps, fetches, and starts over where that is worth it.
/// `context`: with a read key. Quits after its answer.
messages::file_reader spawn_file_reader(caf::actor_system& system, operation_context context);

} // namespace truckee::actors
