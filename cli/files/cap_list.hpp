#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/cli/files/secret_files.hpp"

#include <string>
#include <vector>

/// Files with many capabilities, for commands that go through them.
namespace truckee::cli {

/// A write capability of a list.
struct listed_cap {
  std::size_t line; ///< where it stands, the first is 1
  secret_text cap;
  storage_index file; ///< names it where the capability must not be told
};

/// The write capabilities of a file, or of standard input where `source` is "-": one a line; blank lines, lines that begin with
/// '#' and white space around a capability are passed over. A file that is named twice, by whatever text, is in it once, at its
/// first line. Errors name lines by their number, never by their content: usage (no such file, not readable, too long), bad_capability
/// (no capability at all; lines that are none; insufficient_capability where all that is wrong is that they cannot write).
result<std::vector<listed_cap>> read_cap_list(const std::string& source);

} // namespace truckee::cli
