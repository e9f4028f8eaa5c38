#pragma once

#include <cstdint>

namespace truckee::grid {

/// How a file is spread: any `needed` (k) of `total` (N) shares give it back; a publish wants `happy` servers, each with a
/// share of its own. 1 <= needed <= total <= 255, 1 <= happy <= total.
struct spread {
  std::uint8_t needed = 3;
  std::uint8_t total = 10;
  std::uint8_t happy = 7;
  friend bool operator==(const spread&, const spread&) = default;
};

} // namespace truckee::grid
