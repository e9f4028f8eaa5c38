#pragma once

#include "truckee/storage/file_system.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

namespace truckee::storage {

/// A file system in memory that loses power, fills up and breaks on demand; for tests.
///
/// It keeps two states: what programs see, and what is on the disk. File data reaches the disk by sync(),
/// names by sync_directory(); a rename or exchange is one step, and what a crash keeps of the rest is drawn
/// from a seed.
class fault_file_system final : public file_system {
public:
  fault_file_system();
  ~fault_file_system() override;

  /// Which of the unsynced changes a crash keeps.
  enum class survival : std::uint8_t {
    nothing,    ///< only what was synced
    everything, ///< all of it
    ordered,    ///< names: all up to some moment; data: some length of it
    scattered,  ///< names: any of them, each a whole step; data: any length, with sectors lost in between
  };

  /// The call with this number from now (0: the next) fails with `code` and does nothing else.
  void fail_call(std::uint64_t number, int code);
  /// That call and all after it fail with `code`.
  void stop_at(std::uint64_t number, int code);
  /// `after` more directories reach the disk, then none: sync_directory() fails with `code`.
  void refuse_directory_syncs(std::uint64_t after, int code);
  /// Several wishes at once are one call that brings all to the disk, as of a file system that is synced as a whole.
  void sync_as_a_whole() { whole_ = true; }
  /// Runs `what` whenever changes are about to be synced together; it may wait.
  void before_each_sync(std::function<void()> what) { before_sync_ = std::move(what); }
  void heal();
  std::uint64_t calls() const;
  std::uint64_t calls(const std::string& of) const; ///< of one kind, as it is named in errors: "list", "open"
  std::uint64_t bytes_written() const { return bytes_written_; }
  std::uint64_t syncs() const; ///< of files and directories so far
  const std::string& last_call() const;

  void set_available(std::uint64_t bytes);
  /// No room for another byte, file or directory, until it is called with false; moves, links and what is there stay possible.
  void fill(bool full = true);
  /// What is there now lies in the lower layer of an overlay: its directories can be neither moved nor exchanged (EXDEV).
  void sink_into_a_lower_layer();
  /// The power fails and comes back. Open files and locks are gone.
  void crash(survival what, std::uint64_t seed);
  /// Another file system in the same state, without open files, locks or planned failures.
  std::unique_ptr<fault_file_system> copy() const;

  io_result<std::unique_ptr<readable_file>> open(const std::filesystem::path& file) override;
  io_result<file_stamp> stamp(const std::filesystem::path& file) override;
  io_result<std::unique_ptr<writable_file>> create(const std::filesystem::path& file) override;
  io_result<std::unique_ptr<writable_file>> reuse(const std::filesystem::path& file) override;
  io_result<std::unique_ptr<writable_file>> go_on(const std::filesystem::path& file) override;
  io_result<void> overwrite(const std::filesystem::path& file, std::uint64_t offset, byte_view data,
                            bool lasting) override;
  io_result<std::vector<directory_entry>> list(const std::filesystem::path& directory) override;
  io_result<void> make_directory(const std::filesystem::path& directory) override;
  io_result<void> remove_file(const std::filesystem::path& file) override;
  io_result<void> remove_directory(const std::filesystem::path& directory) override;
  io_result<void> link(const std::filesystem::path& file, const std::filesystem::path& second) override;
  io_result<void> move(const std::filesystem::path& from, const std::filesystem::path& to) override;
  io_result<void> exchange(const std::filesystem::path& a, const std::filesystem::path& b) override;
  io_result<void> replace(const std::filesystem::path& from, const std::filesystem::path& empty) override;
  io_result<void> sync_directory(const std::filesystem::path& directory) override;
  synced sync_together(const std::filesystem::path& held, std::span<const sync_wish> wishes) override;
  io_result<void> sync_all(const std::filesystem::path& directory) override;
  io_result<std::uint64_t> available_bytes(const std::filesystem::path& directory) override;
  io_result<std::unique_ptr<file_lock>> lock(const std::filesystem::path& file) override;

private:
  friend class fault_writable;
  friend class fault_readable;
  friend class fault_lock;
  using path = std::filesystem::path;
  using inode_id = std::uint64_t;
  using entries = std::map<std::string, inode_id>;

  struct inode {
    bool directory = false;
    bool lower = false; ///< in the lower layer of an overlay
    bytes data;         ///< as programs see it
    bytes on_disk;      ///< as synced
    entries names;      ///< as programs see them
    entries names_on_disk;
    std::int64_t version = 0; ///< grows with each change of data or names
    int readers = 0;          ///< files opened and not closed
  };
  /// One name in one directory comes to mean an inode, or nothing.
  struct name_change {
    inode_id directory = 0;
    std::string name;
    std::optional<inode_id> target;
  };
  using step = std::vector<name_change>; ///< on the disk wholly or not at all

  struct place {
    inode_id directory = 0;
    std::string name;
    std::optional<inode_id> target;
  };

  std::optional<io_failure> planned(const char* what, const path& where);
  io_result<place> locate(const char* what, const path& where);
  file_stamp stamp_of(inode_id id) const;
  bool is_immovable(inode_id id) const;
  void change(step names);
  void apply_to_disk(const step& names);
  static bool conflicts(const step& a, const step& b);
  void settle(const std::vector<bool>& chosen);

  mutable std::recursive_mutex mutex_;
  std::map<inode_id, inode> inodes_;
  inode_id next_inode_ = 1;
  std::vector<step> pending_; ///< in the order they were made
  std::set<std::string> locks_;
  std::uint64_t available_ = std::uint64_t{1} << 40;
  bool full_ = false;
  bool whole_ = false;
  std::function<void()> before_sync_;
  std::uint64_t calls_ = 0;
  std::map<std::string, std::uint64_t> calls_by_name_;
  std::uint64_t syncs_ = 0;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t generation_ = 0; ///< grows at each crash: files opened before are dead
  std::string last_call_;
  std::optional<std::uint64_t> fail_at_;
  bool fail_ever_after_ = false;
  int fail_code_ = 0;
  std::optional<int> directory_sync_code_;
  std::uint64_t directory_syncs_left_ = 0;
};

} // namespace truckee::storage
