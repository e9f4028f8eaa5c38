#pragma once

#include "truckee/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace truckee::crypto {

/// RFC 4648 alphabet in lower case, without padding.
std::string to_base32(byte_view data);

/// What the bits of the last character that carry no data may be.
enum class base32_tail : std::uint8_t {
  canonical, ///< all zero, so that each byte string has exactly one text: right for every name and key
  as_tahoe,  ///< as Tahoe-LAFS's decoder, which lets one of the two stray bits pass where the length is 2 mod
             ///< 8
};

/// Nothing for a foreign or upper-case character, a length no byte string has, or stray bits that `tail`
/// forbids.
std::optional<bytes> from_base32(std::string_view text, base32_tail tail = base32_tail::canonical);

} // namespace truckee::crypto
