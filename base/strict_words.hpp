#pragma once

#include "truckee/base/words.hpp"

#include <cstdint>

/// Closed enums of files that are kept strictly (docs/strict.md), as they cross rooms and the network. New ones come last.
namespace truckee {

/// What a write to such a file came to.
enum class strict_outcome : std::uint8_t {
  published,            ///< confirmed: every later version has it
  not_written,          ///< nothing of it is there, nor will be; or nothing had to be written
  stored_not_confirmed, ///< on fewer servers than confirm it: kept unless another writer publishes first
  unknown,              ///< it may or may not take effect
};
inline constexpr std::array<std::string_view, 4> strict_outcome_words{"published", "not_written",
                                                                      "stored_not_confirmed", "unknown"};
static_assert(are_words(strict_outcome_words, strict_outcome::unknown));
constexpr std::string_view to_word(strict_outcome x) {
  return word_in(strict_outcome_words, x);
}

/// Which version a read gave.
enum class read_kind : std::uint8_t {
  in_place,  ///< the greatest that can be read; where files are written in place nothing confirms one
  plain,     ///< the same of a file that is kept strictly: a later read may show an older version
  confirmed, ///< the confirmed one: no later confirmed read shows an older version
};
inline constexpr std::array<std::string_view, 3> read_kind_words{"in_place", "plain", "confirmed"};
static_assert(are_words(read_kind_words, read_kind::confirmed));
constexpr std::string_view to_word(read_kind x) {
  return word_in(read_kind_words, x);
}

/// By which order the shares of a file were written, as they say themselves.
enum class shares_order : std::uint8_t {
  none,     ///< there is no share that verifies
  in_place, ///< no strict writer has signed one
  strict,
  mixed, ///< strict, and then somebody wrote in place
};
inline constexpr std::array<std::string_view, 4> shares_order_words{"none", "in_place", "strict", "mixed"};
static_assert(are_words(shares_order_words, shares_order::mixed));
constexpr std::string_view to_word(shares_order x) {
  return word_in(shares_order_words, x);
}

} // namespace truckee
