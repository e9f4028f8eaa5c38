#include "truckee/storage/posix_disks.hpp"

#include "truckee/base/descriptor.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <linux/magic.h>
#include <string_view>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace truckee::storage::posix {

namespace {

/// As statfs(2) names them; zfs is not in the kernel's list.
constexpr std::array<std::uint32_t, 7> local_file_systems{
    EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
    TMPFS_MAGIC,      OVERLAYFS_SUPER_MAGIC, 0x2fc12fc1};

constexpr std::array<std::uint32_t, 4> synced_as_a_whole{EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
                                                         F2FS_SUPER_MAGIC};

template <std::size_t N>
bool is_one_of(const std::array<std::uint32_t, N>& kinds, const struct statfs& about) {
  return std::ranges::find(kinds, static_cast<std::uint32_t>(about.f_type)) != kinds.end();
}

} // namespace

bool is_local(const std::filesystem::path& directory) {
  struct statfs about {};
  return ::statfs(directory.c_str(), &about) == 0 && is_one_of(local_file_systems, about);
}

bool is_synced_as_a_whole(int fd) {
  struct statfs about {};
  return ::fstatfs(fd, &about) == 0 && is_one_of(synced_as_a_whole, about);
}

bool is_synced_as_a_whole(const std::filesystem::path& directory) {
  struct statfs about {};
  return ::statfs(directory.c_str(), &about) == 0 && is_one_of(synced_as_a_whole, about);
}

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

} // namespace truckee::storage::posix
