#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace truckee::grid {

/// In which order a file's shares are replaced; all writers of a file must use the same. Chosen in the grid file:
/// [publish] order.
enum class order_name : std::uint8_t {
  in_place, ///< "in-place", Tahoe-LAFS's own: each known share is overwritten where it is
  strict,   ///< "strict": new shares beside the old ones, and tests on whole slots (docs/strict.md)
};

/// As it stands in a grid file.
std::string_view to_string(order_name order);

/// errc::configuration says which words there are.
result<order_name> parse_order(std::string_view word);

} // namespace truckee::grid
