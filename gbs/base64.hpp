#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/base/secret_text.hpp"

#include <optional>
#include <string_view>

namespace truckee::gbs {

/// Standard alphabet, padded: how secrets travel in headers.
secret_text to_base64(byte_view data);

/// Nothing where it is not that; each byte string has one text.
std::optional<bytes> from_base64(std::string_view text);

} // namespace truckee::gbs
