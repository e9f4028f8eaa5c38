#pragma once

#include "simulation/scenario.hpp"

#include <string>
#include <vector>

namespace truckee::simulation {

struct run_result {
  tally counts;
  std::vector<std::string> violations;
  std::uint64_t trace = 0;
};

/// One seed, one run: writers and faults, then quiet, then one more publish that must succeed and be read
/// back.
run_result run(const scenario& s);

} // namespace truckee::simulation
