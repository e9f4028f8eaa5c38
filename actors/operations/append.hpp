#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/grid/file/file_write.hpp"

namespace truckee::actors {

/// What is to be written into a file, where, and how many bytes the file may have then.
struct addition {
  shared_bytes data;
  std::uint64_t content_bytes_max = 0;
  std::optional<std::uint64_t> offset = {}; ///< nothing: at the end, wherever that is
  bool cut = false;                         ///< with offset: the file ends behind the data
};

/// A content with the addition in it, or as it was read where nothing is to be written or nothing may be.
struct appended {
  shared_bytes content;
  grid::applied_change change;
};

/// Adds at the end of `now`, the content of `version`, unless it is in already by one of
/// the versions this operation sent before, `own`; errc::too_large where the file would become too long.
result<appended> append_once(const std::vector<grid::sent_version>& own, const grid::file_version& version,
                             const shared_bytes& now, const addition& add);

/// Writes at the addition's offset, with zeros where that is beyond the end of `now`; errors as append_once. What may be built
/// on one of `own` and has the data at their place has them by us; where others are there by now, whether they came before or
/// after ours is unclear.
result<appended> write_once(const std::vector<grid::sent_version>& own, const grid::file_version& version,
                            const shared_bytes& now, const addition& add);

/// By whichever of the two the addition asks for.
result<appended> add_once(const std::vector<grid::sent_version>& own, const grid::file_version& version,
                          const shared_bytes& now, const addition& add);

} // namespace truckee::actors
