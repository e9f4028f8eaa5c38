#pragma once

#include "truckee/actors/shell/progress_span.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/shares/file_access.hpp"

namespace truckee::actors {

struct verify_task {
  std::uint64_t operation = 0;
  messages::progress_sink listener; ///< may be empty
  file_access access;               ///< with a write key the private key in each share is proved too
  server_list_ptr servers;
  std::shared_ptr<const messages::mapped_file> mapped;
  progress_span span;
};

/// Reads every good share of a map whole and verifies each byte that anything depends on. A bounded number is
/// in memory at a time. Quits after its answer.
messages::share_verifier spawn_share_verifier(caf::actor_system& system, services_ptr services,
                                              verify_task task);

} // namespace truckee::actors
