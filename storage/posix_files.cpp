#include "truckee/storage/posix_files.hpp"

#include "truckee/storage/posix_disks.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace truckee::storage::posix {

using std::filesystem::path;

namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
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
    if (!is_synced_as_a_whole(fd_.get()))
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

} // namespace

descriptor open_inside(int directory, const char* what, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.mode = mode;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const auto fd = ::syscall(SYS_openat2, directory, what, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    return descriptor(::openat(directory, what, flags | O_CLOEXEC | O_NOFOLLOW, mode));
  return descriptor(static_cast<int>(fd));
}

descriptor open_inside(const path& what, int flags, mode_t mode) {
  return open_inside(AT_FDCWD, what.c_str(), flags, mode);
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

std::unique_ptr<readable_file> make_readable(descriptor fd, path name, const struct stat& about) {
  return std::make_unique<posix_readable>(std::move(fd), std::move(name), about);
}

std::unique_ptr<writable_file> make_writable(descriptor fd, path name, std::uint64_t size) {
  return std::make_unique<posix_writable>(std::move(fd), std::move(name), size);
}

} // namespace truckee::storage::posix
