#include "truckee/grid/limits.hpp"

#include <algorithm>

namespace truckee::grid {

grid_limits::milliseconds grid_limits::patience(std::chrono::duration<double> slowest) const {
  constexpr std::chrono::duration<double> a_day{86'400};
  const auto longer = std::clamp(slowest, std::chrono::duration<double>{0}, a_day) * slow_times;
  return std::max(slow_least, std::chrono::duration_cast<milliseconds>(longer));
}

grid_limits::milliseconds grid_limits::publish_deadline_for(std::uint64_t share_bytes) const {
  constexpr std::uint64_t servers_at_once = 10; // that many at the floor rate
  return publish_deadline + server_deadline(share_bytes / servers_at_once);
}

grid_limits::milliseconds grid_limits::server_deadline(std::uint64_t bytes_moved) const {
  // Sizes come from shares; whatever they claim, a deadline stays one that timers can hold.
  bytes_moved = std::min<std::uint64_t>(bytes_moved, std::uint64_t{1} << 40);
  const auto rate = floor_rate_bytes_per_second == 0 ? 1 : floor_rate_bytes_per_second;
  // Seconds first: bytes times thousand could overflow.
  const auto whole = bytes_moved / rate * 1000;
  const auto part = bytes_moved % rate * 1000 / rate;
  return server_deadline_base + milliseconds(static_cast<milliseconds::rep>(whole + part));
}

} // namespace truckee::grid
