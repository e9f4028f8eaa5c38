#pragma once

#include "truckee/actors/shell/operation_context.hpp"

namespace truckee::actors {

/// The shares whose every byte is looked at.
struct verify_task {
  operation_context context; ///< with a write key the private key in each share is proved too
  std::shared_ptr<const messages::mapped_file> mapped;
};

/// Reads every good share of a map whole and verifies each byte that anything depends on. A bounded number is
/// in memory at a time. Quits after its answer.
messages::share_verifier spawn_share_verifier(caf::actor_system& system, verify_task task);

} // namespace truckee::actors
