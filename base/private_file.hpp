#pragma once

#include "truckee/base/file_replacement.hpp"

namespace truckee {

/// Writes a file that its owner alone may read (0600): whole under its name or not there at all, and on the
/// disk when this returns. Errors: refused (it exists and must not), not_found (no such folder), io.
result<void> write_private_file(const std::filesystem::path& path, byte_view content, existing_file existing);

/// Makes a folder, and what is missing above it, for its owner only (0700), whatever the umask. One that is there
/// stays as it is. Errors: io.
result<void> make_private_folder(const std::filesystem::path& folder);

/// All of a file that is expected to be small. Errors: not_found, too_large (more than `bytes_max`), io (a
/// folder, no permission, ...). The detail names the path.
result<bytes> read_small_file(const std::filesystem::path& path, std::size_t bytes_max);

/// The same from an open descriptor (standard input, say) up to its end; `name` is for errors.
result<bytes> read_small_stream(int stream, const std::filesystem::path& name, std::size_t bytes_max);

} // namespace truckee
