#pragma once

#include "truckee/base/words.hpp"

#include <cstdint>

/// The closed enums that cross rooms and the network: what operations are, how they stand, how servers answered.
/// Values are written as numbers on the wire, so new ones come last.
namespace truckee {

/// What the gateway was asked to do.
enum class operation_kind : std::uint8_t { publish, append, retrieve, check, verify, repair, leases };
inline constexpr std::array<std::string_view, 7> operation_kind_words{
    "publish", "append", "retrieve", "check", "verify", "repair", "leases"};
static_assert(are_words(operation_kind_words, operation_kind::leases));
constexpr std::string_view to_word(operation_kind x) {
  return word_in(operation_kind_words, x);
}

/// Where the time of an operation goes: first the stages of a publish, in order. A read has `map` and `read`; `setup` is
/// waiting for a turn, a key and servers.
enum class stage : std::uint8_t { map, encrypt, encode, hash, sign, pack, push, setup, read };
inline constexpr std::uint8_t publish_stage_count = 7;
inline constexpr std::array<std::string_view, 9> stage_words{"map",  "encrypt", "encode", "hash", "sign",
                                                             "pack", "push",    "setup",  "read"};
static_assert(are_words(stage_words, stage::read));
static_assert(static_cast<std::uint8_t>(stage::push) + 1 == publish_stage_count);
constexpr std::string_view to_word(stage x) {
  return word_in(stage_words, x);
}

/// What a publish makes.
enum class publish_mode : std::uint8_t {
  new_file,
  update, ///< a higher version
  refill, ///< missing shares of the version that is there
};
inline constexpr std::array<std::string_view, 3> publish_mode_words{"new_file", "update", "refill"};
static_assert(are_words(publish_mode_words, publish_mode::refill));
constexpr std::string_view to_word(publish_mode x) {
  return word_in(publish_mode_words, x);
}

/// How the link to one server stands.
enum class link_state : std::uint8_t {
  connecting,
  ready,
  unreachable, ///< no connection; tried again with growing pauses
  silent,      ///< it has not answered in time; asked again with growing pauses
  refused,     ///< what answers there must not be used: another id, another version, no storage server
  unknown,     ///< the link itself did not answer
};
inline constexpr std::array<std::string_view, 6> link_state_words{"connecting", "ready",   "unreachable",
                                                                  "silent",     "refused", "unknown"};
static_assert(are_words(link_state_words, link_state::unknown));
constexpr std::string_view to_word(link_state x) {
  return word_in(link_state_words, x);
}

/// How one server answered, or what was found wrong on it.
enum class server_outcome : std::uint8_t {
  // to a write: these are the label `outcome` of truckee_share_writes_total
  written,
  test_failed, ///< something else is there than was expected; nothing was written
  no_space,
  too_large,
  refused,
  read_only,
  bad_write_enabler,
  unreachable, ///< never sent; nothing changed there
  unknown,     ///< sent, and no answer came: it may land later
  malformed,   ///< an answer that makes no sense
  failed,      ///< it answered with another error
  // to a question
  answered,
  no_answer, ///< nothing changed there
  not_asked,
  // found by an operation
  another_writer, ///< a share that somebody else wrote
  stale,          ///< an older share that could not be replaced
  bad_share,      ///< a share that does not verify
  share_not_read, ///< a share that could not be verified, for it could not be read
  lease_not_added,
  recoverable_now, ///< of all servers together: what can be read after a failure
};
inline constexpr std::uint8_t write_outcome_count = 11;
inline constexpr std::array<std::string_view, 20> server_outcome_words{
    "written",   "test_failed",       "no_space",       "too_large",       "refused",
    "read_only", "bad_write_enabler", "unreachable",    "unknown",         "malformed",
    "failed",    "answered",          "no_answer",      "not_asked",       "another_writer",
    "stale",     "bad_share",         "share_not_read", "lease_not_added", "recoverable_now"};
static_assert(are_words(server_outcome_words, server_outcome::recoverable_now));
static_assert(static_cast<std::uint8_t>(server_outcome::failed) + 1 == write_outcome_count);
constexpr std::string_view to_word(server_outcome x) {
  return word_in(server_outcome_words, x);
}

} // namespace truckee
