#pragma once

#include "truckee/storage/disk_store.hpp"
#include "truckee/storage/slot_lift.hpp"
#include "truckee/storage/slot_memory.hpp"
#include "truckee/storage/spare_files.hpp"

#include <atomic>
#include <mutex>
#include <set>

namespace truckee::storage {

/// Slots as directories of share files. Every change is prepared in the aside directory and takes effect by a
/// single rename or exchange, so that power loss leaves the slot wholly before or wholly after. README.md
/// says why.
class disk_backend final : public slot_backend {
public:
  /// `shares` and `aside` exist, on one file system; `aside` is empty and nobody else's. `identity` is the file
  /// with the store's id; while it or the lock's file is gone, nothing is written, and nothing is called absent.
  disk_backend(file_system& files, std::filesystem::path shares, std::filesystem::path aside,
               std::filesystem::path identity, durability wanted, std::unique_ptr<file_lock> lock,
               const store_limits& limits);

  io_result<open_slot> open(const storage_index& slot) override;
  io_result<void> apply(const storage_index& slot, const open_slot& old, const slot_plan& plan) override;
  io_result<void> write_over(const storage_index& slot, share_number share, const open_share& old,
                             const file_patch& patch) override;
  io_result<std::shared_ptr<staged_file>> stage() override;
  io_result<std::vector<storage_index>> slots() override;
  io_result<std::uint64_t> available_bytes() override;
  io_result<void> in_place() override;
  std::unique_ptr<slot_change> begin(const storage_index& slot, const open_slot& old,
                                     const slot_plan& plan) override;
  const disk_place* disk() const override { return full_ ? &place_ : nullptr; }
  bool is_quick(const storage_index& slot) override { return !full_ && begins_quickly(slot); }
  bool begins_quickly(const storage_index& slot) override {
    return is_local_ && memory_.find(slot) != nullptr;
  }

private:
  using path = std::filesystem::path;
  class changing;
  class file_aside;

  /// The one step that makes a prepared change real, and can be taken back.
  struct flip {
    enum class kind : std::uint8_t { put, take, exchange };
    kind how = kind::exchange;
    path aside;
    path live;
    bool whole_slot = false; ///< `live` is the slot's folder, not a file in it
  };

  /// Stamps of the files that were written aside, as they were closed.
  using stamps = std::map<share_number, file_stamp>;

  path prefix_directory(const storage_index& slot) const;
  path slot_directory(const storage_index& slot) const;
  io_result<open_share> open_unknown(const path& file);
  std::optional<open_slot> open_remembered(const storage_index& slot, const path& directory);
  void remember(const storage_index& slot, const std::vector<directory_entry>& entries, const open_slot& old,
                const slot_plan& plan, const stamps& written);
  bool is_prefix_there(const path& prefix);
  void prefix_is_there(const path& prefix);
  io_result<void> turn_or_lift(const flip& change);
  path free_name_aside() { return aside_ / std::to_string(next_aside_++); }
  void keep_spare(const storage_index& slot, const open_slot& old, share_number share, path file);
  void discard(const path& work);
  io_result<void> turn(const flip& change, bool back);
  io_result<void> sync_directory(const path& directory);
  io_result<std::unique_ptr<writable_file>> write_file(const path& file, const file_image& image,
                                                       const readable_file* old_file);
  io_result<std::unique_ptr<writable_file>> write_spare(path& work, const storage_index& slot,
                                                        share_number share, const file_image& image,
                                                        const readable_file* old_file);
  io_result<std::unique_ptr<writable_file>> write_new(path& work, const storage_index& slot,
                                                      share_number share, const new_share& what,
                                                      const readable_file* old_file);
  io_result<std::unique_ptr<writable_file>> adopt(const path& work, const new_share& what);

  file_system& files_;
  const path shares_;
  const path aside_;
  const std::shared_ptr<const void> aside_held_;
  const path identity_;
  const bool full_;
  const bool is_local_; ///< no network is asked
  const disk_place place_;
  std::unique_ptr<file_lock> lock_;
  std::atomic<std::uint64_t> next_aside_{0};
  slot_memory memory_;
  slot_lift lift_;
  std::mutex prefixes_mutex_;
  std::set<std::string> prefixes_; ///< prefix directories known to be on the disk
  spare_files spares_;             ///< last: they go while the folder is held
};

/// Share files are named by their number, without leading zeros; anything else in a slot is somebody else's.
std::optional<share_number> share_of(const directory_entry& entry);
/// Null where there is none that could be opened.
const readable_file* old_file_of(const open_slot& old, share_number share);

/// The prefix directory that a slot's name belongs to.
std::string prefix_of(const std::string& slot);

/// Removes a file, or a directory with the files in it.
io_result<void> remove_tree(file_system& files, const std::filesystem::path& tree, entry_kind kind);

} // namespace truckee::storage
