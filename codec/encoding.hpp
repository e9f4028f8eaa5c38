#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>

namespace truckee::codec {

/// How a file is spread: any `needed` (k) of its `total` (N) shares give the content back.
struct encoding {
  std::uint8_t needed = 3;
  std::uint8_t total = 10;
  friend auto operator<=>(const encoding&, const encoding&) = default;
};

/// 1 <= needed <= total <= 255, or errc::usage naming the number that is out of range.
result<encoding> make_encoding(std::uint64_t needed, std::uint64_t total);
bool is_valid(encoding shape);

/// Bytes of one block: ceil(length / needed). `shape` must be valid.
std::uint64_t block_size(std::uint64_t content_length, encoding shape);

} // namespace truckee::codec
