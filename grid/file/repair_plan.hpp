#pragma once

#include "truckee/grid/limits.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/servermap.hpp"
#include "truckee/grid/spread.hpp"

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

/// How what a plan asks for is published.
struct repair_publish {
  bool refill = false; ///< the same version again, byte for byte
  sequence_number sequence;
  spread shape;
  version_set earlier; ///< versions of this writer whose messages may still land
};

/// `sent`: versions this writer sent before. Without the old version's signature nothing can be refilled, and the content
/// is published again instead.
repair_publish publish_of(const repair_plan& plan, const servermap& map, bool signature_at_hand,
                          const version_set& sent, const spread& defaults);

/// A repair that met a version which no map could show looks at everything anew, as often as any write tries at most.
/// `publishes`: of this repair so far.
bool worth_another_repair(const publish_report& report, std::uint32_t publishes, const grid_limits& limits);

} // namespace truckee::grid
