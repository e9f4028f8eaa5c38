#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/grid/file/file_write.hpp"

namespace truckee::actors {

/// What is to be added at the end of a file, and how many bytes the file may have then.
struct addition {
  shared_bytes data;
  std::uint64_t content_bytes_max = 0;
};

/// A content with the addition in it, or as it was read where nothing is to be added or nothing may be.
struct appended {
  shared_bytes content;
  grid::applied_change change;
};

/// Adds at the end of `now`, the content of `version`, unless it is in already by one of
/// the versions this operation sent before, `own`; errc::too_large where the file would become too long.
result<appended> append_once(const std::vector<grid::sent_version>& own, const grid::file_version& version,
                             const shared_bytes& now, const addition& add);

} // namespace truckee::actors
