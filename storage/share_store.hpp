#pragma once

#include "base/result.hpp"
#include "grid/slot.hpp"

#include <vector>

namespace truckee::storage {

/// One lease on one share: who may keep it from being collected, and until when.
struct lease {
  std::uint32_t owner = 0;
  std::uint32_t expires = 0; ///< unix time, seconds
  bytes renew_secret;        ///< as stored: plain in version 1 containers, BLAKE2b-256 in version 2
  bytes cancel_secret;
  server_id node;
};

/// All storage of shares goes through this: Tahoe's directory of containers, memory, the fault-injecting one.
/// Calls block. Calls for one slot must not overlap; calls for different slots may run in different threads.
class share_store {
public:
  virtual ~share_store() = default;

  virtual grid::store_info info() = 0;
  virtual grid::read_test_write_answer read_test_write(const grid::read_test_write& request) = 0;
  virtual grid::slot_read_answer read(const grid::slot_read& request) = 0;
  /// Renews the lease with this renew secret on every share of the slot, or adds one.
  virtual grid::storage_status add_lease(const storage_index& slot, const server_secret& renew,
                                         const server_secret& cancel) = 0;
  virtual result<std::map<share_number, std::vector<lease>>> leases(const storage_index& slot) = 0;
  virtual result<std::vector<storage_index>> slots() = 0;
};

} // namespace truckee::storage
