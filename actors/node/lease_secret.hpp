#pragma once

#include "truckee/base/result.hpp"
#include "truckee/crypto/keys.hpp"

#include <filesystem>

namespace truckee {
class random_source;
}

namespace truckee::actors {

/// What is done where there is no secret yet.
enum class missing_secret : std::uint8_t {
  kept,    ///< one is made and written down
  passing, ///< one is made and forgotten: for who renews nothing
};

/// A client's lease secret: read, or made when absent, as Tahoe-LAFS keeps its own (32 bytes, base32), in a folder that its
/// owner alone may enter where that is made too. errc::configuration for a file that holds none, errc::io where it cannot
/// be kept.
result<crypto::lease_secret> lease_secret_in(const std::filesystem::path& file, random_source& random,
                                             missing_secret missing = missing_secret::kept);

} // namespace truckee::actors
