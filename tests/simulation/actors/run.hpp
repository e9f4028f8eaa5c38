#pragma once

#include "simulation/run.hpp"

namespace truckee::simulation {

/// One seed, one run of the real actors: clients and faults, then quiet, then one more publish or repair that
/// must succeed and be read back.
run_result run_actors(const scenario& s);

} // namespace truckee::simulation
