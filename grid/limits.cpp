#include "grid/limits.hpp"

namespace truckee::grid {

grid_limits::milliseconds grid_limits::server_deadline(std::uint64_t bytes_moved) const {
  const auto rate = floor_rate_bytes_per_second == 0 ? 1 : floor_rate_bytes_per_second;
  // Seconds first: bytes times thousand could overflow.
  const auto whole = bytes_moved / rate * 1000;
  const auto part = bytes_moved % rate * 1000 / rate;
  return server_deadline_base + milliseconds(static_cast<milliseconds::rep>(whole + part));
}

} // namespace truckee::grid
