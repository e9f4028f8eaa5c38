#pragma once

#include "truckee/actors/shell/operation_context.hpp"
#include "truckee/shares/share_format.hpp"

namespace truckee::actors {

/// One version to be read.
struct retrieve_task {
  operation_context context; ///< with a read key
  std::shared_ptr<const messages::mapped_file> mapped;
  messages::map_updater
      mapper; ///< asked for more when shares turn out bad; empty: there is no more to be had
  grid::file_version version;
  shares::content_range range = {}; ///< of the content; no more than it needs is fetched
};

/// Gets k good shares of one version, each verified to the signed root, decodes and decrypts. A silent server
/// is hedged: another share is fetched beside it. What no answer could hold (longest_content) is refused before anything is
/// fetched, whatever size the version claims: errc::too_large. Quits after its answer.
messages::retriever spawn_retriever(caf::actor_system& system, retrieve_task task);

} // namespace truckee::actors
