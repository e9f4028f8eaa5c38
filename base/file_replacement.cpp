#include "truckee/base/file_replacement.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace truckee {

namespace {

constexpr const char* access_list = "system.posix_acl_access";
constexpr std::size_t access_list_bytes_max = 65536;

tl::unexpected<error> failure_at(const std::filesystem::path& path, const char* what, int number) {
  const auto code = number == ENOENT || number == ENOTDIR ? errc::not_found : errc::io;
  return fail(code,
              path.string() + ": " + what + ": " + std::strerror(number)); // NOLINT(concurrency-mt-unsafe)
}

/// A name beside the final one that is as long as any file system takes.
std::string name_beside(const std::filesystem::path& folder) {
  return (folder / ".truckee-XXXXXX").string();
}

/// Names a file that has none: through /proc, as root's own way (AT_EMPTY_PATH) needs a privilege.
bool link_to(int descriptor, const std::string& name) {
  const auto self = "/proc/self/fd/" + std::to_string(descriptor);
  return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

/// A file of no name, or nothing where the file system has no such thing, or cannot name it later.
int open_nameless(const std::filesystem::path& folder) {
  if (::access("/proc/self/fd", X_OK) != 0)
    return -1;
  return ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

} // namespace

result<file_replacement> file_replacement::open(const std::filesystem::path& path, rights wanted) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  struct stat there {};
  const bool exists = ::lstat(path.c_str(), &there) == 0;
  if (!exists && errno != ENOENT)
    return failure_at(path, "cannot be written", errno);
  if (exists && S_ISDIR(there.st_mode))
    return fail(errc::usage, path.string() + ": is a folder; name a file");
  std::string temporary;
  int descriptor = open_nameless(folder);
  if (descriptor < 0) {
    temporary = name_beside(folder);
    descriptor = ::mkostemp(temporary.data(), O_CLOEXEC); // 0600
  }
  if (descriptor < 0)
    return failure_at(path, "cannot be written", errno);
  file_replacement out(path, folder, descriptor, std::move(temporary));
  if (auto taken = out.take_rights(wanted); !taken)
    return tl::unexpected(taken.error());
  return out;
}

result<void> file_replacement::take_rights(const rights& wanted) {
  struct stat there {};
  const bool replaces = wanted.keep && ::lstat(path_.c_str(), &there) == 0 && S_ISREG(there.st_mode);
  if (!replaces) {
    if (::fchmod(descriptor_, wanted.mode) != 0)
      return failed("cannot be written", errno);
    return {};
  }
  // Only root may give a file away; a group one may be in. The mode follows, since a change of owner takes bits of it.
  if (::fchown(descriptor_, there.st_uid, there.st_gid) != 0 &&
      ::fchown(descriptor_, static_cast<uid_t>(-1), there.st_gid) != 0) {
    // Nobody but the owner then reads what another group could.
    there.st_mode &= ~static_cast<mode_t>(S_IRWXG);
  }
  if (::fchmod(descriptor_, there.st_mode & 07777U) != 0)
    return failed("cannot be written", errno);
  std::array<char, access_list_bytes_max> list{};
  const auto length = ::lgetxattr(path_.c_str(), access_list, list.data(), list.size());
  if (length > 0 &&
      ::fsetxattr(descriptor_, access_list, list.data(), static_cast<std::size_t>(length), 0) != 0)
    return failed("its access list cannot be kept", errno);
  return {};
}

file_replacement::file_replacement(file_replacement&& other) noexcept
  : path_(std::move(other.path_)), folder_(std::move(other.folder_)),
    descriptor_(std::exchange(other.descriptor_, -1)), temporary_(std::exchange(other.temporary_, {})) {}

file_replacement::~file_replacement() {
  discard();
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

void file_replacement::discard() noexcept {
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
}

tl::unexpected<error> file_replacement::failed(const char* what, int number) const {
  return failure_at(path_, what, number);
}

result<void> file_replacement::write(byte_view content) {
  while (!content.empty()) {
    const auto n = ::write(descriptor_, content.data(), content.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return failed("cannot be written", n == 0 ? EIO : errno);
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

result<void> file_replacement::begin_again() {
  if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) != 0)
    return failed("cannot be written", errno);
  return {};
}

bool file_replacement::name_it(existing_file existing) {
  if (existing == existing_file::refuse) {
    // A link, unlike a rename, fails where the name is taken.
    return temporary_.empty() ? link_to(descriptor_, path_.string())
                              : ::link(temporary_.c_str(), path_.c_str()) == 0;
  }
  if (temporary_.empty()) {
    if (link_to(descriptor_, path_.string()))
      return true;
    if (errno != EEXIST)
      return false;
    // Only a rename replaces, and it wants a name to come from; for an instant there is one.
    constexpr int tries = 100;
    for (int i = 0; i < tries && temporary_.empty(); ++i) {
      auto name = name_beside(folder_);
      const int reserved = ::mkostemp(name.data(), O_CLOEXEC);
      if (reserved < 0)
        return false;
      ::close(reserved);
      ::unlink(name.c_str());
      if (link_to(descriptor_, name))
        temporary_ = std::move(name);
      else if (errno != EEXIST)
        return false;
    }
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    return false;
  temporary_.clear();
  return true;
}

result<void> file_replacement::commit(existing_file existing) {
  if (::fsync(descriptor_) != 0)
    return failed("cannot be written", errno);
  if (!name_it(existing)) {
    if (errno == EEXIST)
      return fail(errc::refused, path_.string() + ": exists already and is not overwritten");
    return failed("cannot be written", errno);
  }
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  const int number = errno;
  if (folder >= 0)
    ::close(folder);
  return synced ? result<void>{} : failed("its folder cannot be synced", number);
}

} // namespace truckee
