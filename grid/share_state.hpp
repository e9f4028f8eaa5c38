#pragma once

#include <cstdint>
#include <string_view>

namespace truckee::grid {

/// How one share stands on one server while a publish runs, and when it has ended.
enum class share_state : std::uint8_t {
  goal,        ///< is to go there
  outstanding, ///< sent, no answer yet
  placed,      ///< there, at the new version
  failed,      ///< was to go there, and could not
  stale,       ///< an older or damaged share that was not replaced
  unknown,     ///< sent, and no answer came: it may be there, or land later
};
inline constexpr std::uint8_t share_state_count = static_cast<std::uint8_t>(share_state::unknown) + 1;
std::string_view to_string(share_state state);

} // namespace truckee::grid
