#pragma once

#include "truckee/base/result.hpp"
#include "truckee/base/vocabulary.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// The values labels may take, beside those of base/vocabulary.hpp. All are enumerations, so that a label can never carry
/// what a peer sent.
namespace truckee::metrics {

/// What a publish met that its map did not show.
enum class surprise : std::uint8_t {
  stale,               ///< an older version, or damaged; replaced
  hidden,              ///< a version that the map could not see: mapped again
  uncoordinated_write, ///< somebody else's same or newer version
  own_copy,            ///< an earlier copy of our own message had landed
  converged,           ///< our version, where we did not put it
};
inline constexpr std::uint8_t surprise_count = 5;

/// How a put into an existing file came by its map.
enum class kept_map : std::uint8_t {
  used,  ///< the one that the last write left was right
  stale, ///< that one was wrong: mapped after all
  none,  ///< there was none that fits: mapped
};
inline constexpr std::array<std::string_view, 3> kept_map_words{"used", "stale", "none"};
static_assert(are_words(kept_map_words, kept_map::none));
inline constexpr std::uint8_t kept_map_count = kept_map_words.size();
constexpr std::string_view to_label(kept_map x) {
  return word_in(kept_map_words, x);
}

/// What of a file was sent to its servers for a change of a part of it.
enum class part_sent : std::uint8_t {
  part,  ///< what changed
  whole, ///< a whole version
};
inline constexpr std::array<std::string_view, 2> part_sent_words{"part", "whole"};
static_assert(are_words(part_sent_words, part_sent::whole));
constexpr std::string_view to_label(part_sent x) {
  return word_in(part_sent_words, x);
}

/// Over what a strict write and another writer disagree.
enum class disagreement : std::uint8_t {
  setting,  ///< of the strict order, or the spread
  in_place, ///< the other one writes in place
};
inline constexpr std::array<std::string_view, 2> disagreement_words{"setting", "in_place"};
static_assert(are_words(disagreement_words, disagreement::in_place));
inline constexpr std::uint8_t disagreement_count = disagreement_words.size();
constexpr std::string_view to_label(disagreement x) {
  return word_in(disagreement_words, x);
}

/// Why the gateway did not do what it was asked.
enum class refusal : std::uint8_t {
  bad_capability, ///< none, or one that does not allow it
  too_large,      ///< more content than one publish may have
  unsupported,    ///< a format that cannot be written, or what a strictly kept file does not bear
  read_only,      ///< the gateway takes no writes
  stopping,
  too_many_operations, ///< running and waiting, of all callers
  too_many_of_caller,
  too_many_bytes, ///< of content, held by all callers
  too_many_bytes_of_caller,
  token_in_use,
  no_key,     ///< no key for a new file in time, or one that came with it and is none
  cancelled,  ///< before it began
  timeout,    ///< before it began
  no_servers, ///< none could be reached
};
inline constexpr std::array<std::string_view, 14> refusal_words{"bad_capability",
                                                                "too_large",
                                                                "unsupported",
                                                                "read_only",
                                                                "stopping",
                                                                "too_many_operations",
                                                                "too_many_of_caller",
                                                                "too_many_bytes",
                                                                "too_many_bytes_of_caller",
                                                                "token_in_use",
                                                                "no_key",
                                                                "cancelled",
                                                                "timeout",
                                                                "no_servers"};
static_assert(are_words(refusal_words, refusal::no_servers));
inline constexpr std::uint8_t refusal_count = refusal_words.size();
constexpr std::string_view to_label(refusal x) {
  return word_in(refusal_words, x);
}

/// What a caller of the HTTP API asked for.
enum class http_method : std::uint8_t { get, head, put, patch, other };
inline constexpr std::array<std::string_view, 5> http_method_words{"get", "head", "put", "patch", "other"};
static_assert(are_words(http_method_words, http_method::other));
/// Of HTTP's own word, "GET".
http_method http_method_of(std::string_view name);

/// The first digit of an answer's status.
enum class status_class : std::uint8_t { well, elsewhere, callers_fault, our_fault };
inline constexpr std::array<std::string_view, 4> status_class_words{"2xx", "3xx", "4xx", "5xx"};
status_class status_class_of(unsigned status);

/// What a storage server was asked.
enum class storage_operation : std::uint8_t { read_test_write, read, list, lease, version, advice, stage };
inline constexpr std::uint8_t storage_operation_count = 7;

inline constexpr std::uint8_t operation_count = operation_kind_words.size();
inline constexpr std::uint8_t link_state_count = link_state_words.size();

std::string_view to_label(surprise x);
std::string_view to_label(storage_operation x);

/// How an operation ended: nothing for success, else the kind of error.
using outcome = std::optional<errc>;
inline constexpr std::uint8_t outcome_count = static_cast<std::uint8_t>(errc::internal) + 2;

/// 0 for success; for arrays of outcome_count.
std::size_t index_of(outcome x);
/// "ok", or the error's name in snake_case.
std::string_view to_label(outcome x);
/// The outcome at an index below outcome_count.
outcome outcome_at(std::size_t index);

} // namespace truckee::metrics
