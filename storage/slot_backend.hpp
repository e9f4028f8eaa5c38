#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/storage/container.hpp"
#include "truckee/storage/staged_change.hpp"
#include "truckee/storage/staged_file.hpp"

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace truckee::storage {

/// One share of an open slot.
struct open_share {
  std::unique_ptr<readable_file> file; ///< never null
  /// What the backend remembers of this very file, so that it need not be read; null where it does not.
  std::shared_ptr<const share_facts> known = nullptr;
};

/// The shares of one slot, to be read. One that cannot be opened keeps its reason.
struct open_slot {
  bool present = false; ///< whether the slot takes a place in the store, with or without shares
  std::map<share_number, io_result<open_share>> shares;
  std::vector<directory_entry> entries = {}; ///< every name in its folder, where there are folders
};

/// One share as it shall be.
struct new_share {
  file_image image;
  std::shared_ptr<const share_facts> facts;      ///< what is in the image, for a backend that remembers
  std::shared_ptr<staged_file> staged = nullptr; ///< one of this backend's, where the image has runs of it
};

/// What a slot's files shall become; nothing: the share is removed. Shares not named stay as they are.
using slot_plan = std::map<share_number, std::optional<new_share>>;

/// Where a store keeps its files. May hand back what it was told of a share, and knows nothing else of containers or
/// rules; container_store brings these.
class slot_backend {
public:
  virtual ~slot_backend() = default;
  virtual io_result<open_slot> open(const storage_index& slot) = 0;
  /// Carries the whole plan out, or leaves the slot as it was and says why. `old` is what open() gave.
  virtual io_result<void> apply(const storage_index& slot, const open_slot& old, const slot_plan& plan) = 0;
  /// The same step by step; both arguments stay where they are until its end.
  virtual std::unique_ptr<slot_change> begin(const storage_index& slot, const open_slot& old,
                                             const slot_plan& plan) = 0;
  /// As share_store's.
  virtual const disk_place* disk() const { return nullptr; }
  /// Writes over bytes of one share's file, which `old` is: needs no room. What fails leaves the share as it was, or with
  /// the whole patch.
  virtual io_result<void> write_over(const storage_index& slot, share_number share, const open_share& old,
                                     const file_patch& patch) = 0;
  /// An empty one.
  virtual io_result<std::shared_ptr<staged_file>> stage() = 0;
  virtual io_result<std::vector<storage_index>> slots() = 0;
  virtual io_result<std::uint64_t> available_bytes() = 0;
  /// As share_store's.
  virtual bool is_quick(const storage_index&) { return false; }
  virtual bool begins_quickly(const storage_index& slot) { return is_quick(slot); }
  /// Nothing while the place is there as it was opened; else in words why nothing may be written or missed.
  virtual io_result<void> in_place() { return {}; }
};

} // namespace truckee::storage
