#pragma once

#include "truckee/base/vocabulary.hpp"

#include <array>

namespace truckee::codec {

/// What making the shares of a version consists of, in order: the part of `stage` that is encoding.
inline constexpr std::array encode_stages{stage::encrypt, stage::encode, stage::hash, stage::sign,
                                          stage::pack};

/// Where a stage of encoding stands among them.
constexpr std::size_t index_of(stage which) {
  return static_cast<std::size_t>(which) - static_cast<std::size_t>(encode_stages.front());
}
static_assert(index_of(encode_stages.back()) + 1 == encode_stages.size(),
              "they follow one another in the vocabulary");

/// Seconds of each stage of encoding.
struct encode_timings {
  std::array<double, encode_stages.size()> seconds{};
  double& at(stage which) { return seconds.at(index_of(which)); }
  double at(stage which) const { return seconds.at(index_of(which)); }
};

} // namespace truckee::codec
