#pragma once

#include "truckee/base/words.hpp"

#include <cstdint>

namespace truckee {

/// The two forms of a mutable file.
enum class file_format : std::uint8_t { sdmf, mdmf };
inline constexpr std::array<std::string_view, 2> file_format_words{"sdmf", "mdmf"};
static_assert(are_words(file_format_words, file_format::mdmf));
constexpr std::string_view to_word(file_format x) {
  return word_in(file_format_words, x);
}

} // namespace truckee
