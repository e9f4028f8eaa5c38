#pragma once

#include "truckee/base/descriptor.hpp"
#include "truckee/storage/file_system.hpp"

#include <memory>
#include <sys/stat.h>

/// Files that are open.
namespace truckee::storage::posix {

/// Opens without following a symbolic link anywhere in the path, which begins at `directory`. A sandbox that does not know
/// the call gets the last part checked only.
descriptor open_inside(int directory, const char* what, int flags, mode_t mode = 0);
descriptor open_inside(const std::filesystem::path& what, int flags, mode_t mode = 0);

file_stamp stamp_of(const struct stat& about);

/// `about`: of the file, just now.
std::unique_ptr<readable_file> make_readable(descriptor fd, std::filesystem::path name,
                                             const struct stat& about);
/// `size`: that it has.
std::unique_ptr<writable_file> make_writable(descriptor fd, std::filesystem::path name,
                                             std::uint64_t size = 0);

/// `what`: what was done, for whoever reads that it failed.
io_result<void> write_all(int fd, std::uint64_t offset, byte_view data, const char* what,
                          const std::filesystem::path& name);

} // namespace truckee::storage::posix
