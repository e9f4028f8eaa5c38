#pragma once

#include "truckee/base/result.hpp"
#include "truckee/base/shared_bytes.hpp"

#include <tl/expected.hpp>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// The few calls a store makes on the operating system, so that a fault-injecting one can stand in (storage/
/// fault_file_system.hpp). Paths are absolute or relative to the process. The system's own follows no symbolic
/// link in any part of a path (ELOOP): a store's owner decides where it lies, once, when it is opened.
namespace truckee::storage {

/// What the operating system said: errno, and a sentence with the call and the path.
struct io_failure {
  int code = 0;
  std::string what;
};

template <class T>
using io_result = tl::expected<T, io_failure>;

/// The same as an error of a store (errc::io).
inline tl::unexpected<error> told(const io_failure& why) {
  return fail(errc::io, why.what);
}

/// Whether it was want of room: of the file system, or of this user's share of it.
bool is_full(const io_failure& why);

/// "cannot WHAT PATH: reason".
tl::unexpected<io_failure> io_fail(int code, const char* what, const std::filesystem::path& path);

/// What a name in a folder is.
enum class entry_kind : std::uint8_t { file, directory, other };

/// One name in a directory.
struct directory_entry {
  std::string name;
  entry_kind kind = entry_kind::other;
};

/// What tells one state of a file or directory from another without reading it. Times in nanoseconds since 1970, as fine
/// as the file system keeps them.
struct file_stamp {
  entry_kind kind = entry_kind::other;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0; ///< its content, or its names
  std::int64_t changed = 0;  ///< anything about it; a file's also when it gets another name
};

/// Whether nobody touched it in between. A file may have been renamed, a directory may not.
bool unchanged(const file_stamp& then, const file_stamp& now);

/// A file opened for reading.
class readable_file {
public:
  virtual ~readable_file() = default;
  virtual std::uint64_t size() const = 0;         ///< when it was opened
  virtual file_stamp stamp() const { return {}; } ///< likewise
  /// Fills `out`; a file that ends before is an error (EIO).
  virtual io_result<void> read_at(std::uint64_t offset, mutable_byte_view out) const = 0;
  /// The same as a value that can be handed on without a copy. The caller has checked `length` against
  /// size().
  virtual io_result<shared_bytes> read(std::uint64_t offset, std::uint64_t length) const;
};

/// A file that is written from its beginning, or at any place.
class writable_file {
public:
  virtual ~writable_file() = default;
  virtual io_result<void> append(byte_view data) = 0;
  /// What lies between its end and these bytes reads as zeros, and takes no room.
  virtual io_result<void> write_at(std::uint64_t offset, byte_view data) = 0;
  /// What it has behind so many bytes goes.
  virtual io_result<void> cut(std::uint64_t size) = 0;
  /// What was written there has been given to the disk when it returns, which then has less to do in sync(): that alone makes it
  /// last. What became of it is told here, and nowhere else once the file is closed.
  virtual io_result<void> write_out(std::uint64_t offset, std::uint64_t length) = 0;
  /// Tells the disk that sync() will come, and does not wait.
  virtual void begin_sync() {}
  /// Data and length are on the disk when it returns; the name in its directory may not be.
  virtual io_result<void> sync() = 0;
  /// Of what was written so far.
  virtual io_result<file_stamp> stamp() = 0;
  virtual io_result<void> close() = 0;
};

/// What is to be on the disk: what was written to a file, or the names in a directory.
struct sync_wish {
  writable_file* file = nullptr;        ///< null: the directory's names
  std::filesystem::path directory = {}; ///< without a file
  std::uint64_t bytes = 0;              ///< written to the file, about
};

/// What became of several wishes.
struct synced {
  std::vector<io_result<void>> results; ///< one a wish, in their order
  std::uint64_t calls = 0;              ///< how often the disk was waited for
};

/// Held as long as it lives, and no longer than the process.
class file_lock {
public:
  virtual ~file_lock() = default;
  /// Whether its file still has its name; false once somebody removed or replaced it.
  virtual bool in_place() const { return true; }
};

/// The calls a store makes on the operating system; each blocks.
class file_system {
public:
  virtual ~file_system() = default;

  /// Keeps a directory at hand while the result lives: names that lie in it are found without the way to it. Null where that
  /// makes no difference. For directories that nobody moves; a name is then still one in that very directory.
  virtual std::shared_ptr<const void> hold(const std::filesystem::path& directory);
  virtual io_result<std::unique_ptr<readable_file>> open(const std::filesystem::path& file) = 0;
  /// Of what has this name now; a symbolic link at its end is not followed.
  virtual io_result<file_stamp> stamp(const std::filesystem::path& file) = 0;
  /// A new, empty file, for its owner only; EEXIST where there is something already.
  virtual io_result<std::unique_ptr<writable_file>> create(const std::filesystem::path& file) = 0;
  /// A file that is there, to be written anew from its beginning: for its owner only, without a second name, and opened by nobody
  /// else, for whom its content would change under the hand; EBUSY otherwise, and where the system cannot tell.
  virtual io_result<std::unique_ptr<writable_file>> reuse(const std::filesystem::path& file) = 0;
  /// A file that create() made and nobody else knows, to be written on.
  virtual io_result<std::unique_ptr<writable_file>> go_on(const std::filesystem::path& file) = 0;
  /// Writes over bytes that a file has, where they are: no longer, and no other file. `lasting`: they are on the disk when it
  /// returns. EIO for a file that ends before.
  virtual io_result<void> overwrite(const std::filesystem::path& file, std::uint64_t offset, byte_view data,
                                    bool lasting) = 0;
  /// ENOENT for an absent directory; no order.
  virtual io_result<std::vector<directory_entry>> list(const std::filesystem::path& directory) = 0;
  virtual io_result<void> make_directory(const std::filesystem::path& directory) = 0;
  virtual io_result<void> remove_file(const std::filesystem::path& file) = 0;
  virtual io_result<void> remove_directory(const std::filesystem::path& directory) = 0;
  /// A second name for a file.
  virtual io_result<void> link(const std::filesystem::path& file, const std::filesystem::path& second) = 0;
  /// Moves a file or directory in one step; EEXIST where `to` exists.
  virtual io_result<void> move(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Two files or two directories trade places in one step.
  virtual io_result<void> exchange(const std::filesystem::path& a, const std::filesystem::path& b) = 0;
  /// A directory takes the place of an empty one in one step; ENOTEMPTY where that has names.
  virtual io_result<void> replace(const std::filesystem::path& from, const std::filesystem::path& empty) = 0;
  /// The names in a directory are on the disk when it returns.
  virtual io_result<void> sync_directory(const std::filesystem::path& directory) = 0;
  /// Fulfils all the wishes, which concern one file system; `held` is a directory there that is held. As good as sync() and
  /// sync_directory() one after another, which is what it does where nothing better is known.
  virtual synced sync_together(const std::filesystem::path& held, std::span<const sync_wish> wishes);
  /// All that anyone wrote to this file system before is on the disk when it returns.
  virtual io_result<void> sync_all(const std::filesystem::path& directory) = 0;
  /// Whether what was just written or read there is in this machine's own memory: a disk of its own, or no disk. Of a network's
  /// files, or what is not known, it is not.
  virtual bool is_local(const std::filesystem::path&) const { return false; }
  virtual io_result<std::uint64_t> available_bytes(const std::filesystem::path& directory) = 0;
  /// EWOULDBLOCK, with the holder's process id in `what`, where another has it.
  virtual io_result<std::unique_ptr<file_lock>> lock(const std::filesystem::path& file) = 0;
};

/// The operating system's own. Knows only which directories are held; safe from any thread.
file_system& posix_file_system();

} // namespace truckee::storage
