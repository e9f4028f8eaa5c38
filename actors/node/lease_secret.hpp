#pragma once

#include "truckee/base/result.hpp"
#include "truckee/crypto/keys.hpp"

#include <filesystem>

namespace truckee {
class random_source;
}

namespace truckee::actors {

/// A client's lease secret: read, or made when absent, as Tahoe-LAFS keeps its own (32 bytes, base32).
/// errc::configuration for a file that holds none, errc::io where it cannot be kept.
result<crypto::lease_secret> lease_secret_in(const std::filesystem::path& file, random_source& random);

} // namespace truckee::actors
