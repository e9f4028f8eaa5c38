#pragma once

#include "base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace truckee::crypto {

/// RFC 4648 alphabet in lower case, without padding.
std::string to_base32(byte_view data);

/// Nothing for a foreign or upper-case character, a length no byte string has, or a last character with stray
/// low bits: each byte string has exactly one text.
std::optional<bytes> from_base32(std::string_view text);

} // namespace truckee::crypto
