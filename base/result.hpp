#pragma once

#include "truckee/base/words.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace truckee {

/// Every way an operation can fail. Closed: callers switch over it; the text in `error` is for people.
enum class errc : std::uint8_t {
  usage,                   ///< wrong arguments
  configuration,           ///< a configuration file or setting is wrong
  bad_capability,          ///< not a capability, or not one of this kind
  insufficient_capability, ///< the capability does not allow this (read cap for a write)
  uncoordinated_write,     ///< somebody else wrote
  not_enough_servers,      ///< too few servers accepted shares
  not_enough_shares,       ///< too few good shares to read
  timeout,                 ///< a deadline passed
  cancelled,               ///< the caller asked to stop
  loop_limit,              ///< the publish loop did not converge
  corrupt,                 ///< data does not verify
  malformed,               ///< bytes do not parse
  no_space,                ///< the store has no room
  too_large,               ///< a limit on size or count was passed
  read_only,               ///< the store takes no writes
  bad_write_enabler,       ///< the write enabler is not the recorded one
  unreachable,             ///< no connection to a server
  protocol,                ///< a peer broke the protocol
  refused,                 ///< refused by policy
  not_found,               ///< no such thing
  io,                      ///< the operating system said no
  internal,                ///< a defect in Truckee
};

inline constexpr std::array<std::string_view, 22> errc_words{"usage",
                                                             "configuration",
                                                             "bad_capability",
                                                             "insufficient_capability",
                                                             "uncoordinated_write",
                                                             "not_enough_servers",
                                                             "not_enough_shares",
                                                             "timeout",
                                                             "cancelled",
                                                             "loop_limit",
                                                             "corrupt",
                                                             "malformed",
                                                             "no_space",
                                                             "too_large",
                                                             "read_only",
                                                             "bad_write_enabler",
                                                             "unreachable",
                                                             "protocol",
                                                             "refused",
                                                             "not_found",
                                                             "io",
                                                             "internal"};
static_assert(are_words(errc_words, errc::internal));
/// The word for programs, e.g. "not_enough_servers".
constexpr std::string_view to_word(errc code) {
  return word_in(errc_words, code);
}

/// The kind for people, in lower case, e.g. "not enough servers".
std::string_view to_string(errc code);

/// An error as a value: what kind, and a sentence that says what was wrong and what to do.
struct error {
  errc code = errc::internal;
  std::string detail;

  friend bool operator==(const error&, const error&) = default;
};

/// "kind: detail".
std::string to_string(const error& e);

template <class T>
using result = tl::expected<T, error>;

/// `return fail(errc::io, "...")` from any function that returns a result.
inline tl::unexpected<error> fail(errc code, std::string detail) {
  return tl::unexpected<error>(error{code, std::move(detail)});
}

} // namespace truckee
