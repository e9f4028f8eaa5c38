#pragma once

#include "truckee/storage/disk_backend.hpp"

namespace truckee::storage {

/// One change of a slot's files: prepared aside; on the disk; made real by one step; that on the disk. What is refused on the
/// way leaves the slot as it was.
class disk_backend::changing final : public slot_change {
public:
  /// All of them stay until its end.
  changing(disk_backend& store, const storage_index& slot, const open_slot& old, const slot_plan& plan);

  std::span<const sync_wish> wishes() const override { return wishes_; }
  void next(io_result<void> fulfilled) override;
  io_result<void> result() override { return std::move(result_); }

private:
  void begin();
  void turn();
  void take_back(io_failure why);
  void succeed();
  void spoil(const io_failure& why);
  void fail(io_failure why);
  io_result<void> prepare();
  io_result<void> ensure_prefix();
  io_result<void> prepare_directory();
  void add_file(share_number share, std::unique_ptr<writable_file> file, std::uint64_t bytes);
  io_result<void> close_files();

  disk_backend& store_;
  const storage_index slot_;
  const path live_;
  const open_slot& old_;
  const slot_plan& plan_;
  std::vector<directory_entry> entries_; ///< names in the slot's folder before
  path work_;                            ///< where it is prepared; afterwards, what it replaced
  flip flip_;
  path new_prefix_; ///< whose name is not known to be on the disk
  std::vector<std::pair<share_number, std::unique_ptr<writable_file>>> files_; ///< open until they are synced
  stamps written_;
  std::vector<sync_wish> wishes_;
  bool turned_ = false;
  bool aside_is_free_ = true;
  bool is_again_ = false; ///< with the spare files' room
  io_result<void> result_;
};

} // namespace truckee::storage
