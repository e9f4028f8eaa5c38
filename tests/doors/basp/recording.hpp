#pragma once

#include "doors/basp/frames.hpp"

#include <string>
#include <vector>

/// What real nodes said to each other, recorded by record.py.
namespace truckee::test {

inline constexpr std::uint32_t basp_limit = 1 << 20;

/// One direction of a connection.
struct recording {
  std::string name; ///< its file's
  doors::basp::rules rules;
  doors::basp::node_name peer{}; ///< who says it
  bytes said;
};

/// All of tests/doors/basp/recorded.
const std::vector<recording>& recordings();

} // namespace truckee::test
