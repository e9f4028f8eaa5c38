#pragma once

#include "truckee/base/ids.hpp"

#include <initializer_list>
#include <string_view>

/// Tagged hashes: SHA256(SHA256(netstring(tag) || ...)). Source: docs/formats.md section 1.
namespace truckee::crypto {

/// SHA-256 once, over the parts as if they were one run of bytes.
hash256 sha256(std::initializer_list<byte_view> parts);

/// H(tag, value). `tag` may hold any bytes.
hash256 tagged_hash(std::string_view tag, byte_view value);

/// H(tag, a, b): both values as netstrings, so that no two pairs are hashed alike.
hash256 tagged_pair_hash(std::string_view tag, byte_view a, byte_view b);

} // namespace truckee::crypto
