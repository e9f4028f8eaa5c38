#pragma once

#include "truckee/grid/servermap.hpp"

#include "truckee/base/result.hpp"

namespace truckee::grid {

/// What a repair does.
enum class repair_step : std::uint8_t {
  nothing,   ///< healthy already
  refill,    ///< put missing and bad shares back at the same sequence number
  republish, ///< read `version`, publish its content with a higher sequence number
};

/// What a repair does, with what, and why.
struct repair_plan {
  repair_step step = repair_step::nothing;
  std::optional<file_version> version; ///< whose content is kept
  std::set<share_number> missing;      ///< share numbers without a good place
  std::vector<share_place> replace;    ///< bad or older shares that are overwritten
};

/// What repair does with a map made in repair mode. Refuses with errc::refused, unless forced, where it would
/// have to choose: two recoverable versions of one highest sequence number, or an unrecoverable version newer
/// than the best one. errc::not_enough_shares if nothing is recoverable; errc::usage for a map of another
/// mode.
result<repair_plan> plan_repair(const servermap& map, bool force);

} // namespace truckee::grid
