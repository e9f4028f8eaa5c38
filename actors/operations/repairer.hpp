#pragma once

#include "truckee/actors/operations/sent_versions.hpp"
#include "truckee/actors/shell/operation_context.hpp"
#include "truckee/grid/publish/order_name.hpp"
#include "truckee/shares/encode.hpp"

namespace truckee::actors {

/// One repair of one file.
struct repair_task {
  operation_context context; ///< with a write key
  grid::spread defaults;     ///< its happy
  bool force = false;
  std::shared_ptr<sent_versions> sent; ///< of this file, of operations before; gets what this one sends
};

/// Looks at every byte of every share, then does what grid::plan_repair says: puts shares back at the same
/// version where it can, and publishes the best content again where it must. Quits after its answer.
messages::repairer spawn_repairer(caf::actor_system& system, repair_task task);

/// A version that was mapped and read, to be made again: with the signature of any of its good shares. Nothing where none was
/// seen.
std::optional<shares::existing_version> existing_in(const messages::mapped_file& mapped,
                                                    const grid::file_version& version,
                                                    const std::vector<crypto::version_salt>& salts);

} // namespace truckee::actors
