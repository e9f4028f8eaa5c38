#pragma once

#include "truckee/base/words.hpp"

#include <array>
#include <cstdint>

namespace truckee::http {

/// Why a caller got no answer to what it asked.
enum class rejection : std::uint8_t {
  bad_head,     ///< too long, too many fields, or two Hosts
  too_slow,     ///< its request was not whole in time, or it did not take the answer
  crowded,      ///< made room for others
  foreign_host, ///< a loopback port was asked by another machine's name
  broken_tls,   ///< no TLS, or no certificate that is good here
  bad_login,    ///< none, or a wrong one
};
inline constexpr std::array<std::string_view, 6> rejection_words{"bad_head",     "too_slow",   "crowded",
                                                                 "foreign_host", "broken_tls", "bad_login"};
static_assert(are_words(rejection_words, rejection::bad_login));
constexpr std::string_view to_word(rejection why) {
  return word_in(rejection_words, why);
}

} // namespace truckee::http
