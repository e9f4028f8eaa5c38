#pragma once

#include "truckee/actors/operations/file_writer.hpp"

namespace truckee::actors {

/// Adds `data` at the end of what is there; errc::too_large where that would pass `content_bytes_max`.
/// Nothing to add changes nothing.
modifier append_of(shared_bytes data, std::uint64_t content_bytes_max);

} // namespace truckee::actors
