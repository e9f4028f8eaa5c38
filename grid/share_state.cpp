#include "truckee/grid/share_state.hpp"

namespace truckee::grid {

std::string_view to_string(share_state state) {
  switch (state) {
  case share_state::goal:
    return "goal";
  case share_state::outstanding:
    return "outstanding";
  case share_state::placed:
    return "placed";
  case share_state::failed:
    return "failed";
  case share_state::stale:
    return "stale";
  case share_state::unknown:
    return "unknown";
  }
  return "unknown state";
}

} // namespace truckee::grid
