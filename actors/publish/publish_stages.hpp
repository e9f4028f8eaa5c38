#pragma once

#include "truckee/shares/encode.hpp"

#include <array>

/// The stages of encoding, for people: what is shown while each runs.
namespace truckee::actors {

/// What people see of one stage.
struct stage_words {
  stage which;
  const char* text; ///< while it runs
  double from;      ///< where the publish's bar stands as it begins, 0 to 1
};
inline constexpr std::array<stage_words, shares::encode_stages.size()> encode_stage_words{{
    {stage::encrypt, "Encrypting", 0.02},
    {stage::encode, "Encoding", 0.05},
    {stage::hash, "Hashing", 0.08},
    {stage::sign, "Signing", 0.18},
    {stage::pack, "Packing", 0.2},
}};
/// Where sending begins.
inline constexpr double push_from = 0.2;
/// Where shares that are brought in pieces are all there.
inline constexpr double bring_to = 0.95;

constexpr const stage_words& words_of(stage which) {
  return encode_stage_words.at(codec::index_of(which));
}

constexpr bool stages_agree() {
  double last = 0;
  for (const auto which : shares::encode_stages) {
    const auto& words = words_of(which);
    if (words.which != which || words.from < last)
      return false;
    last = words.from;
  }
  return last <= push_from;
}
static_assert(stages_agree(), "each stage of encoding has its words, in order");

} // namespace truckee::actors
