#pragma once

#include "truckee/actors/shell/progress_span.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/shares/file_access.hpp"

namespace truckee::actors {

struct retrieve_task {
  std::uint64_t operation = 0;
  messages::progress_sink listener; ///< may be empty
  file_access access;               ///< with a read key
  server_list_ptr servers;
  std::shared_ptr<const messages::mapped_file> mapped;
  messages::map_updater mapper; ///< asked for more when shares turn out bad
  grid::file_version version;
  progress_span span;
};

/// Gets k good shares of one version, each verified to the signed root, decodes and decrypts. A silent server
/// is hedged: another share is fetched beside it. Quits after its answer.
messages::retriever spawn_retriever(caf::actor_system& system, services_ptr services, retrieve_task task);

} // namespace truckee::actors
