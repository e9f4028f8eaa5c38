#include "truckee/storage/file_system.hpp"

#include "truckee/base/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <mutex>
#include <optional>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>

namespace truckee::storage {

namespace {

using std::filesystem::path;

/// As statfs(2) names them; zfs is not in the kernel's list.
constexpr std::array<std::uint32_t, 7> local_file_systems{
    EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
    TMPFS_MAGIC,      OVERLAYFS_SUPER_MAGIC, 0x2fc12fc1};

/// Of these, what is synced as a whole is on the disk as what is synced one by one; an overlay or a network's files need not be.
constexpr std::array<std::uint32_t, 4> synced_as_a_whole{EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
                                                         F2FS_SUPER_MAGIC};

/// What somebody else may have waiting for the disk, for each wish of a group, so that all of it is synced together: writing so
/// much takes about as long as syncing one file by itself.
constexpr std::uint64_t foreign_bytes_per_wish = 128 * 1024;

/// Before Linux 5.8 syncfs() hides what could not be written.
bool syncfs_tells_errors() {
  static const bool tells = [] {
    utsname about{};
    int major = 0;
    int minor = 0;
    return ::uname(&about) == 0 && std::sscanf(about.release, "%d.%d", &major, &minor) == 2 && // NOLINT
           (major > 5 || (major == 5 && minor >= 8));
  }();
  return tells;
}

/// Bytes of all files of this machine that wait for a disk, as the kernel counts them; nothing where it does not say.
std::optional<std::uint64_t> waiting_bytes() {
  const descriptor fd(::open("/proc/meminfo", O_RDONLY | O_CLOEXEC));
  std::array<char, 2048> text{};
  const auto got = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  const std::string_view all(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  std::uint64_t sum = 0;
  for (const std::string_view name : {"\nDirty:", "\nWriteback:"}) {
    const auto at = all.find(name);
    if (at == std::string_view::npos)
      return std::nullopt;
    const auto from = all.find_first_not_of(' ', at + name.size());
    std::uint64_t kibibytes = 0;
    if (from == std::string_view::npos ||
        std::from_chars(all.data() + from, all.data() + all.size(), kibibytes).ec != std::errc{})
      return std::nullopt;
    sum += kibibytes * 1024;
  }
  return sum;
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

file_stamp stamp_of(const struct stat& about) {
  file_stamp out;
  if (S_ISREG(about.st_mode))
    out.kind = entry_kind::file;
  else if (S_ISDIR(about.st_mode))
    out.kind = entry_kind::directory;
  out.device = about.st_dev;
  out.inode = about.st_ino;
  out.size = static_cast<std::uint64_t>(about.st_size);
  out.modified = nanoseconds(about.st_mtim);
  out.changed = nanoseconds(about.st_ctim);
  return out;
}

class posix_readable final : public readable_file {
public:
  posix_readable(descriptor fd, path name, const struct stat& about)
    : fd_(std::move(fd)), name_(std::move(name)), stamp_(stamp_of(about)) {}

  std::uint64_t size() const override { return stamp_.size; }
  file_stamp stamp() const override { return stamp_; }

  io_result<void> read_at(std::uint64_t offset, mutable_byte_view out) const override {
    while (!out.empty()) {
      const auto got = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return io_fail(got < 0 ? errno : EIO, "read", name_);
      out = out.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }

private:
  descriptor fd_;
  path name_;
  file_stamp stamp_;
};

io_result<void> write_all(int fd, std::uint64_t offset, byte_view data, const char* what, const path& name) {
  while (!data.empty()) {
    const auto put = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return io_fail(errno, what, name);
    data = data.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

/// Whether the file lies on a file system of one of these kinds.
template <std::size_t N>
bool is_one_of(const std::array<std::uint32_t, N>& kinds, int fd) {
  struct statfs about {};
  return ::fstatfs(fd, &about) == 0 &&
         std::ranges::find(kinds, static_cast<std::uint32_t>(about.f_type)) != kinds.end();
}

class posix_writable final : public writable_file {
public:
  posix_writable(descriptor fd, path name, std::uint64_t size = 0)
    : fd_(std::move(fd)), name_(std::move(name)), size_(size) {}

  io_result<void> append(byte_view data) override {
    while (!data.empty()) {
      const auto put = ::write(fd_.get(), data.data(), data.size());
      if (put < 0 && errno == EINTR)
        continue;
      if (put < 0)
        return io_fail(errno, "write", name_);
      data = data.subspan(static_cast<std::size_t>(put));
      written_ += static_cast<std::uint64_t>(put);
      size_ = std::max(size_, written_);
    }
    return {};
  }

  io_result<void> write_at(std::uint64_t offset, byte_view data) override {
    size_ = std::max(size_, offset + data.size());
    return write_all(fd_.get(), offset, data, "write", name_);
  }

  io_result<void> cut(std::uint64_t size) override {
    if (size_ > size && ::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
      return io_fail(errno, "cut", name_);
    size_ = std::min(size_, size);
    return {};
  }

  io_result<void> write_out(std::uint64_t offset, std::uint64_t length) override {
    constexpr unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    // Elsewhere it may do nothing, as on an overlay, or not be known.
    if (!is_one_of(synced_as_a_whole, fd_.get()))
      return sync();
    if (::sync_file_range(fd_.get(), static_cast<off64_t>(offset), static_cast<off64_t>(length), all) != 0)
      return errno == ENOSYS || errno == EPERM ? sync() : io_fail(errno, "write out", name_);
    return {};
  }

  void begin_sync() override { ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE); }

  io_result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) // its times may be lost
      return io_fail(errno, "sync", name_);
    return {};
  }

  io_result<file_stamp> stamp() override {
    struct stat about {};
    if (::fstat(fd_.get(), &about) != 0)
      return io_fail(errno, "look at", name_);
    return stamp_of(about);
  }

  io_result<void> close() override {
    if (::close(fd_.release()) != 0 && errno != EINTR)
      return io_fail(errno, "close", name_);
    return {};
  }

private:
  descriptor fd_;
  path name_;
  std::uint64_t size_;
  std::uint64_t written_ = 0; ///< appended
};

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

/// Opens without following a symbolic link anywhere in the path, which begins at `directory`. A sandbox that does not know
/// the call gets the last part checked only.
descriptor open_inside(int directory, const char* what, int flags, mode_t mode = 0) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.mode = mode;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const auto fd = ::syscall(SYS_openat2, directory, what, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    return descriptor(::openat(directory, what, flags | O_CLOEXEC | O_NOFOLLOW, mode));
  return descriptor(static_cast<int>(fd));
}

descriptor open_inside(const path& what, int flags, mode_t mode = 0) {
  return open_inside(AT_FDCWD, what.c_str(), flags, mode);
}

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
  struct statfs about {};
  if (!syncfs_tells_errors() || ::statfs(directory.c_str(), &about) != 0 ||
      std::ranges::find(synced_as_a_whole, static_cast<std::uint32_t>(about.f_type)) ==
          synced_as_a_whole.end())
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

class posix final : public file_system {
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
    return std::make_unique<posix_readable>(std::move(fd), file, about);
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
    return std::make_unique<posix_writable>(std::move(fd), file);
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
    return std::make_unique<posix_writable>(std::move(fd), file, static_cast<std::uint64_t>(about.st_size));
  }

  io_result<std::unique_ptr<writable_file>> go_on(const path& file) override {
    struct stat about {};
    auto fd = open_to_write(file, about);
    if (!fd)
      return io_fail(errno, "open", file);
    if (!S_ISREG(about.st_mode) || about.st_uid != ::geteuid())
      return io_fail(EINVAL, "go on with, for it is no file of ours,", file);
    return std::make_unique<posix_writable>(std::move(fd), file, static_cast<std::uint64_t>(about.st_size));
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

  bool is_local(const path& directory) const override {
    struct statfs about {};
    return ::statfs(directory.c_str(), &about) == 0 &&
           std::ranges::find(local_file_systems, static_cast<std::uint32_t>(about.f_type)) !=
               local_file_systems.end();
  }

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
  static posix instance;
  return instance;
}

} // namespace truckee::storage
