#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/storage/file_image.hpp"

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace truckee::storage {

/// The share files of one slot, opened for reading. One that cannot be opened keeps its reason.
struct open_slot {
  bool present = false; ///< whether the slot takes a place in the store, with or without shares
  std::map<share_number, io_result<std::unique_ptr<readable_file>>> shares;
};

/// What a slot's files shall become; nothing: the share is removed. Shares not named stay as they are.
using slot_plan = std::map<share_number, std::optional<file_image>>;

/// Where a store keeps its files. Knows nothing of containers or rules; container_store brings these.
class slot_backend {
public:
  virtual ~slot_backend() = default;
  virtual io_result<open_slot> open(const storage_index& slot) = 0;
  /// Carries the whole plan out, or leaves the slot as it was and says why. `old` is what open() gave.
  virtual io_result<void> apply(const storage_index& slot, const open_slot& old, const slot_plan& plan) = 0;
  virtual io_result<std::vector<storage_index>> slots() = 0;
  virtual io_result<std::uint64_t> available_bytes() = 0;
  /// Nothing while the place is there as it was opened; else in words why nothing may be written or missed.
  virtual io_result<void> in_place() { return {}; }
};

} // namespace truckee::storage
