#pragma once

#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/share_state.hpp"

namespace truckee::grid {

/// For live display; cheap enough to take after every outcome.
struct publish_status {
  publish_end end = publish_end::running;
  std::size_t goal = 0;
  std::size_t outstanding = 0;
  std::size_t placed = 0;
  double progress = 0; ///< 0..1
  std::string text;    ///< "Sending shares: 7 placed of 10, 3 outstanding"
  std::map<share_place, share_state> places;
};

publish_status status_of(const publish_tables& tables, publish_end end);

} // namespace truckee::grid
