#pragma once

#include "truckee/base/recent_map.hpp"
#include "truckee/storage/slot_backend.hpp"

#include <mutex>

namespace truckee::storage {

/// One share as it was when it was written.
struct remembered_share {
  file_stamp file;
  std::shared_ptr<const share_facts> facts;
};

/// One slot as it was after the last change to it. True as long as its folder and files bear the same stamps.
struct remembered_slot {
  file_stamp directory;
  std::vector<directory_entry> entries; ///< all names in the folder, also those of others
  /// Those whose facts are known; others may be in the folder.
  std::map<share_number, remembered_share> shares;
};

/// Slots that were changed last, within a bound of bytes. Any thread may call; a value that was found stays whole.
class slot_memory {
public:
  explicit slot_memory(std::size_t bytes_max) : slots_(bytes_max) {}

  /// Nothing where it is not known.
  std::shared_ptr<const remembered_slot> find(const storage_index& slot);
  void keep(const storage_index& slot, remembered_slot what);
  void forget(const storage_index& slot);

private:
  std::mutex mutex_;
  recent_map<storage_index, std::shared_ptr<const remembered_slot>> slots_;
};

} // namespace truckee::storage
