#include "truckee/storage/file_system.hpp"

#include "truckee/base/descriptor.hpp"
#include "truckee/storage/posix_disks.hpp"
#include "truckee/storage/posix_files.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <mutex>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace truckee::storage {

namespace {

using std::filesystem::path;
using namespace posix;

/// What somebody else may have waiting for the disk, for each wish of a group, so that all of it is synced together: writing so
/// much takes about as long as syncing one file by itself.
constexpr std::uint64_t foreign_bytes_per_wish = 128 * 1024;

/// A process id and a line feed, padded with spaces.
constexpr std::size_t holder_length = 20;

class posix_lock final : public file_lock {
public:
  posix_lock(descriptor fd, path name) : fd_(std::move(fd)), name_(std::move(name)) {
    known_ = ::fstat(fd_.get(), &held_) == 0;
  }

  bool in_place() const override {
    struct stat named {};
    return known_ && ::lstat(name_.c_str(), &named) == 0 && held_.st_dev == named.st_dev &&
           held_.st_ino == named.st_ino;
  }

private:
  descriptor fd_;
  path name_;
  struct stat held_ {};
  bool known_ = false;
};

io_result<descriptor> open_directory(const path& directory) {
  auto fd = open_inside(directory, O_RDONLY | O_DIRECTORY);
  if (!fd)
    return io_fail(errno, "open", directory);
  return fd;
}

descriptor open_for_names(const path& directory) {
  return open_inside(directory.empty() ? path(".") : directory, O_PATH | O_DIRECTORY);
}

/// A directory somebody holds.
struct held_directory {
  path name;
  descriptor directory;
  /// Where its file system may be synced as a whole. Opened once: what could not be written since is told then.
  descriptor whole = {};
};

descriptor open_whole(const path& directory) {
  if (!syncfs_tells_errors() || !is_synced_as_a_whole(directory))
    return {};
  return open_inside(directory, O_RDONLY | O_DIRECTORY);
}

/// A name in a directory that was reached without a symbolic link.
struct place {
  std::shared_ptr<const held_directory> directory;
  std::string name;

  int parent() const { return directory->directory.get(); }
};

/// A lease for writing is given only where nobody else has the file open. Whoever opens it before it is given back would have us
/// told by SIGIO, which ends a process that knows nothing of it; SIGURG does not.
bool is_opened_here_only(int fd) {
  const bool alone = ::fcntl(fd, F_SETSIG, SIGURG) == 0 && ::fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
  return alone && ::fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

entry_kind kind_of(int directory, const dirent& entry) {
  if (entry.d_type == DT_REG)
    return entry_kind::file;
  if (entry.d_type == DT_DIR)
    return entry_kind::directory;
  struct stat about {};
  if (entry.d_type != DT_UNKNOWN || ::fstatat(directory, entry.d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
    return entry_kind::other;
  if (S_ISREG(about.st_mode))
    return entry_kind::file;
  return S_ISDIR(about.st_mode) ? entry_kind::directory : entry_kind::other;
}

class posix_system final : public file_system {
public:
  std::shared_ptr<const void> hold(const path& directory) override {
    auto fd = open_for_names(directory);
    if (!fd)
      return nullptr; // whoever uses it hears why
    auto out = std::make_shared<const held_directory>(
        held_directory{directory, std::move(fd), open_whole(directory)});
    const std::lock_guard lock(mutex_);
    std::erase_if(held_, [](const auto& one) { return one.expired(); });
    held_.push_back(out);
    return out;
  }

  io_result<std::unique_ptr<readable_file>> open(const path& file) override {
    // O_NONBLOCK: a FIFO that somebody put there must not stop us.
    auto fd = open_inside(file, O_RDONLY | O_NONBLOCK);
    if (!fd)
      return io_fail(errno, "open", file);
    struct stat about {};
    if (::fstat(fd.get(), &about) != 0)
      return io_fail(errno, "look at", file);
    if (!S_ISREG(about.st_mode))
      return io_fail(EINVAL, "read, for it is no regular file,", file);
    return make_readable(std::move(fd), file, about);
  }

  io_result<file_stamp> stamp(const path& file) override {
    struct stat about {};
    if (::lstat(file.c_str(), &about) != 0)
      return io_fail(errno, "look at", file);
    return stamp_of(about);
  }

  io_result<std::unique_ptr<writable_file>> create(const path& file) override {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL;
    constexpr mode_t mode = S_IRUSR | S_IWUSR;
    const auto held = find_held(file.parent_path());
    auto fd = held ? open_inside(held->directory.get(), file.filename().c_str(), flags, mode)
                   : open_inside(file, flags, mode);
    if (!fd)
      return io_fail(errno, "create", file);
    return make_writable(std::move(fd), file);
  }

  io_result<std::unique_ptr<writable_file>> reuse(const path& file) override {
    struct stat about {};
    auto fd = open_to_write(file, about);
    if (!fd)
      return io_fail(errno, "open", file);
    const bool ours = S_ISREG(about.st_mode) && about.st_nlink == 1 && about.st_uid == ::geteuid() &&
                      (about.st_mode & 07777) == (S_IRUSR | S_IWUSR);
    if (!ours || !is_opened_here_only(fd.get()))
      return io_fail(EBUSY, "write anew", file);
    return make_writable(std::move(fd), file, static_cast<std::uint64_t>(about.st_size));
  }

  io_result<std::unique_ptr<writable_file>> go_on(const path& file) override {
    struct stat about {};
    auto fd = open_to_write(file, about);
    if (!fd)
      return io_fail(errno, "open", file);
    if (!S_ISREG(about.st_mode) || about.st_uid != ::geteuid())
      return io_fail(EINVAL, "go on with, for it is no file of ours,", file);
    return make_writable(std::move(fd), file, static_cast<std::uint64_t>(about.st_size));
  }

  io_result<void> overwrite(const path& file, std::uint64_t offset, byte_view data, bool lasting) override {
    const auto fd = open_inside(file, O_WRONLY | O_NONBLOCK);
    struct stat about {};
    if (!fd || ::fstat(fd.get(), &about) != 0)
      return io_fail(errno, "open", file);
    if (!S_ISREG(about.st_mode) || offset + data.size() > static_cast<std::uint64_t>(about.st_size))
      return io_fail(EIO, "write beyond the end of", file);
    if (auto done = write_all(fd.get(), offset, data, "write over", file); !done)
      return done;
    if (lasting && ::fdatasync(fd.get()) != 0)
      return io_fail(errno, "sync", file);
    return {};
  }

  io_result<std::vector<directory_entry>> list(const path& directory) override {
    auto fd = open_directory(directory);
    if (!fd)
      return tl::unexpected(fd.error());
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd->get()), ::closedir);
    if (!stream)
      return io_fail(errno, "list", directory);
    fd->release();
    std::vector<directory_entry> out;
    for (;;) {
      errno = 0;
      const auto* entry = ::readdir(stream.get());
      if (entry == nullptr)
        break;
      std::string name = entry->d_name;
      if (name != "." && name != "..")
        out.push_back({std::move(name), kind_of(::dirfd(stream.get()), *entry)});
    }
    if (errno != 0)
      return io_fail(errno, "list", directory);
    return out;
  }

  io_result<void> make_directory(const path& directory) override {
    const auto at = place_of(directory, "make");
    if (!at)
      return tl::unexpected(at.error());
    if (::mkdirat(at->parent(), at->name.c_str(), S_IRWXU) != 0)
      return io_fail(errno, "make", directory);
    return {};
  }

  io_result<void> remove_file(const path& file) override {
    const auto at = place_of(file, "remove");
    if (!at)
      return tl::unexpected(at.error());
    if (::unlinkat(at->parent(), at->name.c_str(), 0) != 0)
      return io_fail(errno, "remove", file);
    return {};
  }

  io_result<void> remove_directory(const path& directory) override {
    const auto at = place_of(directory, "remove");
    if (!at)
      return tl::unexpected(at.error());
    if (::unlinkat(at->parent(), at->name.c_str(), AT_REMOVEDIR) != 0)
      return io_fail(errno, "remove", directory);
    return {};
  }

  io_result<void> link(const path& file, const path& second) override {
    const auto from = place_of(file, "link");
    if (!from)
      return tl::unexpected(from.error());
    const auto to = place_of(second, "link");
    if (!to)
      return tl::unexpected(to.error());
    if (::linkat(from->parent(), from->name.c_str(), to->parent(), to->name.c_str(), 0) != 0)
      return io_fail(errno, "link", file);
    return {};
  }

  io_result<void> move(const path& from, const path& to) override {
    return rename_with(from, to, RENAME_NOREPLACE, "move to");
  }

  io_result<void> exchange(const path& a, const path& b) override {
    return rename_with(a, b, RENAME_EXCHANGE, "exchange");
  }

  io_result<void> replace(const path& from, const path& empty) override {
    return rename_with(from, empty, 0, "replace");
  }

  io_result<void> sync_directory(const path& directory) override {
    const auto fd = open_directory(directory);
    if (!fd)
      return tl::unexpected(fd.error());
    if (::fsync(fd->get()) != 0)
      return io_fail(errno, "sync", directory);
    return {};
  }

  synced sync_together(const path& held, std::span<const sync_wish> wishes) override {
    const auto at = wishes.size() > 1 ? find_held(held) : nullptr;
    if (at == nullptr || !at->whole || !is_whole_cheap(wishes))
      return file_system::sync_together(held, wishes);
    if (::syncfs(at->whole.get()) == 0)
      return {std::vector<io_result<void>>(wishes.size()), 1};
    // It may have been somebody else's file: each says for itself.
    auto out = file_system::sync_together(held, wishes);
    ++out.calls;
    return out;
  }

  io_result<void> sync_all(const path& directory) override {
    const auto fd = open_directory(directory);
    if (!fd)
      return tl::unexpected(fd.error());
    if (::syncfs(fd->get()) != 0)
      return io_fail(errno, "sync the file system of", directory);
    return {};
  }

  bool is_local(const path& directory) const override { return posix::is_local(directory); }

  io_result<std::uint64_t> available_bytes(const path& directory) override {
    struct statvfs about {};
    if (::statvfs(directory.c_str(), &about) != 0)
      return io_fail(errno, "ask the space of", directory);
    return std::uint64_t{about.f_bavail} * about.f_frsize;
  }

  io_result<std::unique_ptr<file_lock>> lock(const path& file) override {
    auto fd = open_inside(file, O_RDWR | O_CREAT, S_IRUSR | S_IWUSR);
    if (!fd)
      return io_fail(errno, "open", file);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK)
        return io_fail(errno, "lock", file);
      std::string holder(holder_length, ' ');
      const auto got = ::pread(fd.get(), holder.data(), holder.size(), 0);
      holder.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      holder.resize(std::min(holder.size(), holder.find_first_of(" \n")));
      return tl::unexpected(io_failure{EWOULDBLOCK, file.string() + " is locked by process " +
                                                        (holder.empty() ? "(unknown)" : holder)});
    }
    // Only tells people who holds it; the lock itself is the kernel's and ends with the process. Of one
    // length, so that nothing needs to be cut off.
    auto pid = std::to_string(::getpid());
    pid.resize(holder_length, ' ');
    pid.back() = '\n';
    if (::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()) &&
        !is_full({errno, {}}))
      return io_fail(errno, "write", file);
    return std::make_unique<posix_lock>(std::move(fd), file);
  }

private:
  /// Everybody's files wait with ours then; not where those are many.
  static bool is_whole_cheap(std::span<const sync_wish> wishes) {
    auto most = foreign_bytes_per_wish * wishes.size();
    for (const auto& wish : wishes)
      most += wish.bytes;
    const auto waiting = waiting_bytes();
    return waiting && *waiting <= most;
  }

  /// A file that is there, and what it is; none, with errno, where it cannot be had.
  descriptor open_to_write(const path& file, struct stat& about) {
    constexpr int flags = O_WRONLY | O_NONBLOCK;
    const auto held = find_held(file.parent_path());
    auto fd =
        held ? open_inside(held->directory.get(), file.filename().c_str(), flags) : open_inside(file, flags);
    if (fd && ::fstat(fd.get(), &about) != 0) {
      const int why = errno; // closing may change it
      fd = descriptor();
      errno = why;
    }
    return fd;
  }

  std::shared_ptr<const held_directory> find_held(const path& directory) {
    const std::lock_guard lock(mutex_);
    for (auto one = held_.rbegin(); one != held_.rend();
         ++one) // the youngest, should a directory have been made again
      if (auto found = one->lock(); found && found->name.native() == directory.native())
        return found;
    return nullptr;
  }

  io_result<place> place_of(const path& what, const char* verb) {
    auto parent = what.parent_path();
    if (auto found = find_held(parent))
      return place{std::move(found), what.filename().string()};
    auto fd = open_for_names(parent);
    if (!fd)
      return io_fail(errno, verb, what);
    return place{std::make_shared<const held_directory>(held_directory{std::move(parent), std::move(fd)}),
                 what.filename().string()};
  }

  io_result<void> rename_with(const path& from, const path& to, unsigned flags, const char* what) {
    const auto old_place = place_of(from, what);
    if (!old_place)
      return tl::unexpected(old_place.error());
    const auto new_place = place_of(to, what);
    if (!new_place)
      return tl::unexpected(new_place.error());
    if (::renameat2(old_place->parent(), old_place->name.c_str(), new_place->parent(),
                    new_place->name.c_str(), flags) != 0)
      return io_fail(errno, what, to);
    return {};
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<const held_directory>> held_; ///< few: one a store
};

} // namespace

file_system& posix_file_system() {
  static posix_system instance;
  return instance;
}

} // namespace truckee::storage
