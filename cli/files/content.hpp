#pragma once

#include "truckee/base/result.hpp"
#include "truckee/base/shared_bytes.hpp"

#include <string>

namespace truckee::cli {

/// All of a file, or of standard input for "-". Errors: not_found, io, with the name and what to do.
result<shared_bytes> read_content(const std::string& file);

/// Writes all bytes to standard output, or ("-" is standard output) to a file that is there whole or not at
/// all.
result<void> write_content(const std::string& file, byte_view content);

} // namespace truckee::cli
