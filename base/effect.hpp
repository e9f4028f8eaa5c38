#pragma once

#include "truckee/base/words.hpp"

#include <cstdint>

namespace truckee {

/// What became of a change that was asked for. Written as a number on the wire, so new ones come last.
enum class effect : std::uint8_t {
  applied,        ///< it is in the file, once
  not_applied,    ///< it is not in the file and will not be: may be asked for again
  may_be_applied, ///< it may be in the file, or come to be: look, or ask again under the same operation id
};
inline constexpr std::uint8_t effect_count = 3;
inline constexpr std::array<std::string_view, effect_count> effect_words{"applied", "not_applied",
                                                                         "may_be_applied"};
static_assert(are_words(effect_words, effect::may_be_applied));
constexpr std::string_view to_word(effect x) {
  return word_in(effect_words, x);
}

} // namespace truckee
