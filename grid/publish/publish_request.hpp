#pragma once

#include "truckee/grid/limits.hpp"
#include "truckee/grid/servermap.hpp"

#include <optional>
#include <set>
#include <vector>

namespace truckee::grid {

/// What a publish is given.
struct publish_request {
  file_version version; ///< what is published; carries k and N
  std::uint8_t happy = 1;
  servermap map;             ///< as the order needs it; empty for a new file
  bool new_file = false;     ///< nothing can be there, no map was made
  bool same_version = false; ///< repair: fills in shares of a version that is in the map
  bool kept_map = false; ///< the map is what an earlier publish left (file/kept_map.hpp): assumed, not seen
  std::optional<file_version> base; ///< whose content ours replaces; the map's best one unless set
  std::vector<server_id> servers;   ///< permuted order
  std::set<file_version> earlier;   ///< versions this writer sent before, ended or not
  grid_limits limits;
};

} // namespace truckee::grid
