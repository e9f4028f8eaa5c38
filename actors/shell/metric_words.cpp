#include "truckee/actors/shell/metric_words.hpp"

#include <algorithm>

namespace truckee::actors {

server_outcome outcome_of(grid::write_outcome_kind kind) {
  switch (kind) {
  case grid::write_outcome_kind::written:
    return server_outcome::written;
  case grid::write_outcome_kind::test_failed:
    return server_outcome::test_failed;
  case grid::write_outcome_kind::no_space:
    return server_outcome::no_space;
  case grid::write_outcome_kind::read_only:
    return server_outcome::read_only;
  case grid::write_outcome_kind::refused:
    return server_outcome::refused;
  case grid::write_outcome_kind::bad_write_enabler:
    return server_outcome::bad_write_enabler;
  case grid::write_outcome_kind::unreachable:
    return server_outcome::unreachable;
  case grid::write_outcome_kind::unknown:
    return server_outcome::unknown;
  case grid::write_outcome_kind::malformed:
    return server_outcome::malformed;
  }
  return server_outcome::failed;
}

metrics::outcome outcome_of(const std::optional<error>& failure) {
  return failure ? metrics::outcome(failure->code) : std::nullopt;
}

metrics::kept_map kept_map_of(grid::kept_map_use use) {
  switch (use) {
  case grid::kept_map_use::used:
    return metrics::kept_map::used;
  case grid::kept_map_use::stale:
    return metrics::kept_map::stale;
  case grid::kept_map_use::none:
    break;
  }
  return metrics::kept_map::none;
}

metrics::strict_write counts_of(const grid::strict_tally& tally, strict_outcome outcome,
                                bool in_place_writer) {
  const bool stored = outcome == strict_outcome::stored_not_confirmed;
  const auto have = std::min(tally.needed, stored ? tally.confirming : tally.answered);
  return {.outcome = outcome,
          .rounds = tally.rounds,
          .barriers = tally.barriers,
          .retired = tally.retired,
          .purged = tally.purged,
          .resent = tally.resent,
          .leftovers = tally.leftovers,
          .missed = outcome == strict_outcome::published ? tally.missed.size() : 0,
          .short_of = tally.needed - have,
          .other_setting = tally.other_setting,
          .in_place_writer = in_place_writer};
}

metrics::outcome outcome_of(grid::storage_status status) {
  switch (status) {
  case grid::storage_status::ok:
  case grid::storage_status::test_failed:
    return std::nullopt;
  case grid::storage_status::bad_write_enabler:
    return errc::bad_write_enabler;
  case grid::storage_status::no_space:
    return errc::no_space;
  case grid::storage_status::too_large:
    return errc::too_large;
  case grid::storage_status::read_only:
    return errc::read_only;
  case grid::storage_status::refused:
    return errc::refused;
  case grid::storage_status::malformed:
    return errc::malformed;
  case grid::storage_status::corrupt:
    return errc::corrupt;
  case grid::storage_status::io_error:
    return errc::io;
  case grid::storage_status::not_found:
    return errc::not_found;
  }
  return errc::internal;
}

} // namespace truckee::actors
