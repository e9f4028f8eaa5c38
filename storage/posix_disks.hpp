#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

/// What this kernel says of file systems and disks.
namespace truckee::storage::posix {

/// Whether the directory lies on a disk of this machine, as far as its kind says so.
bool is_local(const std::filesystem::path& directory);

/// Whether what lies there (an open file; a directory) is as well on the disk when its file system was synced as a whole as when
/// it was synced by itself: an overlay or a network's files need not be.
bool is_synced_as_a_whole(int fd);
bool is_synced_as_a_whole(const std::filesystem::path& directory);

/// Before Linux 5.8 syncfs() hides what could not be written.
bool syncfs_tells_errors();

/// Bytes of all files of this machine that wait for a disk, as the kernel counts them; nothing where it does not say.
std::optional<std::uint64_t> waiting_bytes();

} // namespace truckee::storage::posix
