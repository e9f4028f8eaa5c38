#pragma once

#include "base/worker_pool.hpp"
#include "logs/event_log.hpp"
#include "messages/types.hpp"

#include "storage/share_store.hpp"

#include <memory>

namespace truckee::metrics {
class recorder;
}

namespace truckee::actors {

struct storage_server_limits {
  /// Calls waiting for their slot or for a thread; one more is answered `refused`. A client asks again later.
  std::size_t queued_calls_max = 4096;
  /// Bytes of write vectors waiting; above, writes are answered `refused`. Bounds memory under a flood.
  std::uint64_t queued_bytes_max = 512ULL << 20;
  /// Less room than this is told as low.
  std::uint64_t space_low_bytes = 1ULL << 30;
};

/// Serves one store. Calls for one slot run one after another, in the order they came; different slots run
/// side by side on `pool`, which must outlive the actor system's actors.
messages::storage_server spawn_storage_server(caf::actor_system& system,
                                              std::shared_ptr<storage::share_store> store, worker_pool& pool,
                                              std::shared_ptr<metrics::recorder> recorder,
                                              const std::string& name, storage_server_limits limits = {},
                                              logs::log_ptr log = {});

} // namespace truckee::actors
