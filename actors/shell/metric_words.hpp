#pragma once

#include "truckee/grid/file/kept_map.hpp"
#include "truckee/grid/file/strict_tally.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/metrics/metrics.hpp"

/// The decisions' words as the metrics' labels.
namespace truckee::actors {

/// A write's outcome as everybody outside the decisions names it.
server_outcome outcome_of(grid::write_outcome_kind kind);
/// Nothing for success.
metrics::outcome outcome_of(const std::optional<error>& failure);

metrics::kept_map kept_map_of(grid::kept_map_use use);

metrics::strict_write counts_of(const grid::strict_tally& tally, strict_outcome outcome,
                                bool in_place_writer);

/// Nothing for what a client may expect: done, or a test that did not pass.
metrics::outcome outcome_of(grid::storage_status status);

} // namespace truckee::actors
