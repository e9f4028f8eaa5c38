#pragma once

#include "truckee/storage/file_system.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

namespace truckee::storage {

/// Slots that came in the lower layer of an overlay (a container's image with shares in it). The kernel neither moves nor
/// exchanges such a folder (EXDEV), and a slot changes as a whole by nothing else. So the folder is made anew in the upper
/// layer first, once:
///
///   1. a folder aside with links to all its files (the kernel copies them up), put on the disk
///   2. renamed to lifted-SLOT: from here on, that is the slot
///   3. the old folder's names go; lifted-SLOT takes the empty folder's place in one step
///
/// What stops between 2 and 3 is only ever gone on with: before the slot is touched again, and when the store is opened.
class slot_lift {
public:
  /// `aside` lies in the file system of the slots; `full`: on the disk before the next step.
  slot_lift(file_system& files, std::filesystem::path aside, bool full);

  /// Makes the folder `live`, of files alone, one that can be moved; what is in it stays. `work` is a free name aside.
  io_result<void> lift(const std::filesystem::path& live, const std::filesystem::path& work);
  /// Goes on with what stopped half way, before the slot is written. Nothing where nothing did.
  io_result<void> finish(const std::filesystem::path& live);
  /// The same before it is read, where names have gone; until then the old folder is as good as the new one.
  io_result<void> make_whole(const std::filesystem::path& live);
  /// Goes on with what the last process left: `shares` is the folder of all slots.
  io_result<void> recover(const std::filesystem::path& shares);
  /// Whether there is something to recover.
  io_result<bool> interrupted();

private:
  /// `named`: the old folder still has all its names.
  enum class progress : std::uint8_t { named, emptied };

  std::optional<progress> progress_of(const std::filesystem::path& live);
  void reached(const std::filesystem::path& live, progress how_far);
  std::filesystem::path lifted(const std::filesystem::path& live) const;
  io_result<void> copy_names(const std::filesystem::path& live, const std::filesystem::path& work);
  io_result<void> take_the_place_of(const std::filesystem::path& live);
  io_result<void> sync(const std::filesystem::path& directory);

  file_system& files_;
  const std::filesystem::path aside_;
  const bool full_;
  std::mutex mutex_;
  std::map<std::filesystem::path, progress> half_way_; ///< slots between steps 2 and 3
};

} // namespace truckee::storage
