#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// The values labels may take. All are enumerations, so that a label can never carry what a peer sent.
namespace truckee::metrics {

/// The stages of a publish, in order.
enum class stage : std::uint8_t { map, encrypt, encode, hash, sign, pack, push };
inline constexpr std::uint8_t stage_count = 7;

/// What became of a share sent to a server, or why it was given another one.
enum class write_outcome : std::uint8_t {
  written,
  test_failed,
  no_space,
  too_large,
  refused,
  read_only,
  bad_write_enabler,
  unreachable, ///< never sent
  unknown,     ///< sent, and no answer came
  malformed,   ///< an answer that makes no sense
  server_error,
};
inline constexpr std::uint8_t write_outcome_count = 11;

enum class surprise : std::uint8_t {
  stale,               ///< an older version, or damaged; replaced
  hidden,              ///< a version that the map could not see: mapped again
  uncoordinated_write, ///< somebody else's same or newer version
  own_copy,            ///< an earlier copy of our own message had landed
  converged,           ///< our version, where we did not put it
};
inline constexpr std::uint8_t surprise_count = 5;

enum class operation : std::uint8_t { retrieve, check, verify, repair, write, modify };
inline constexpr std::uint8_t operation_count = 6;

enum class link_state : std::uint8_t { down, connecting, up, refused };
inline constexpr std::uint8_t link_state_count = 4;

enum class storage_operation : std::uint8_t { read_test_write, read, list, lease, version };
inline constexpr std::uint8_t storage_operation_count = 5;

std::string_view to_label(stage x);
std::string_view to_label(write_outcome x);
std::string_view to_label(surprise x);
std::string_view to_label(operation x);
std::string_view to_label(link_state x);
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
