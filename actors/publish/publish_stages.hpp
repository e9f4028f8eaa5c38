#pragma once

#include "truckee/metrics/labels.hpp"
#include "truckee/shares/encode.hpp"

#include <array>

/// The stages of a publish, for people: map, then those of encoding, then push.
namespace truckee::actors {

struct stage_words {
  shares::encode_stage stage;
  metrics::stage label;
  const char* text; ///< while it runs
  double from;      ///< where the publish's bar stands as it begins, 0 to 1
};
inline constexpr std::array<stage_words, shares::encode_stages.size()> encode_stage_words{{
    {shares::encode_stage::encrypt, metrics::stage::encrypt, "Encrypting", 0.02},
    {shares::encode_stage::encode, metrics::stage::encode, "Encoding", 0.05},
    {shares::encode_stage::hash, metrics::stage::hash, "Hashing", 0.08},
    {shares::encode_stage::sign, metrics::stage::sign, "Signing", 0.18},
    {shares::encode_stage::pack, metrics::stage::pack, "Packing", 0.2},
}};
/// Where sending begins.
inline constexpr double push_from = 0.2;

constexpr const stage_words& words_of(shares::encode_stage stage) {
  return encode_stage_words.at(static_cast<std::size_t>(stage));
}

constexpr bool stages_agree() {
  double last = 0;
  for (const auto stage : shares::encode_stages) {
    const auto& words = words_of(stage);
    if (words.stage != stage || static_cast<int>(words.label) != static_cast<int>(stage) + 1 ||
        words.from < last)
      return false;
    last = words.from;
  }
  return last <= push_from;
}
static_assert(stages_agree(), "each stage has its words, in order, and metrics have it between map and push");
static_assert(metrics::stage_count == shares::encode_stages.size() + 2, "metrics have map and push besides");

} // namespace truckee::actors
