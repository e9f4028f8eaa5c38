#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/storage/advice_book.hpp"
#include "truckee/storage/expiry.hpp"
#include "truckee/storage/group_commit.hpp"

#include <memory>

namespace truckee::actors {

/// What one storage server takes at once.
struct storage_server_limits {
  /// Calls waiting for their slot or for a thread; one more is answered `refused`. A client asks again later.
  std::size_t queued_calls_max = 4096;
  /// Bytes of write vectors waiting; above, writes are answered `refused`. Bounds memory under a flood.
  std::uint64_t queued_bytes_max = 512ULL << 20;
  /// Less room than this is told as low.
  std::uint64_t space_low_bytes = 1ULL << 30;
};

/// Shares whose leases have ended, and what becomes of them.
struct storage_server_expiry {
  storage::expiry_settings settings = {};
  storage::unix_clock now = {}; ///< by which leases end; needed unless the mode is off
  /// Called from a CAF thread after each look at the whole store.
  std::function<void(const storage::expiry_report&)> report = [](const auto&) {};
  /// Before the first look: whoever starts a server that reports gets the report soon, but not in the rush.
  /// Never more than the interval.
  std::chrono::milliseconds first = std::chrono::minutes(1);
  /// Between two slots, so that a look never fills the disk's queue. Less where the store has so many slots
  /// that half an interval would not do.
  std::chrono::milliseconds pause = std::chrono::milliseconds(10);
};

/// Serves one store. Calls for one slot run one after another, in the order they came; different slots run
/// side by side on `blocking`. Expiry takes its turn in each slot. `advice` keeps what clients say of damaged shares; nothing: it is
/// counted and logged only. `groups`: where writes that wait for a disk do so with those of other stores; nothing: each by itself.
messages::storage_server spawn_storage_server(caf::actor_system& system, services_ptr services,
                                              std::shared_ptr<storage::share_store> store,
                                              const std::string& name, storage_server_limits limits = {},
                                              storage_server_expiry expiry = {},
                                              std::shared_ptr<storage::advice_book> advice = {},
                                              const std::shared_ptr<storage::group_commits>& groups = {});

} // namespace truckee::actors
