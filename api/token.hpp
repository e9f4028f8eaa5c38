#pragma once

#include "truckee/base/random.hpp"
#include "truckee/base/result.hpp"
#include "truckee/base/secret_text.hpp"

#include <filesystem>

namespace truckee::api {

/// The token in a file, which whoever asks has to show: its first line, 20 to 256 visible characters of ASCII. A file that is not there is
/// made, with 160 random bits, for its owner only. Errors: configuration (what is in it is no token), io.
result<secret_text> token_in(const std::filesystem::path& file, random_source& random);

} // namespace truckee::api
