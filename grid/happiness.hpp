#pragma once

#include "truckee/grid/servermap.hpp"

#include <set>

namespace truckee::grid {

/// The size of a maximum matching of servers to share numbers: so many servers can fail one by one, each with
/// a share of its own. Source: Tahoe-LAFS's definition of "servers of happiness".
std::size_t happiness(const std::set<share_place>& places);

} // namespace truckee::grid
