#pragma once

#include "actors/deterministic.hpp"
#include "test_support.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/base/worker_pool.hpp"

namespace truckee::test {

/// What actors under `run` take from outside: its time, seeded random bytes, work in the caller, and nobody
/// who listens. A test may change it before actors start.
inline std::shared_ptr<actors::services> test_services(const deterministic& run, std::uint64_t seed = 1) {
  auto out = std::make_shared<actors::services>();
  out->compute = std::make_shared<worker_pool>(0);
  out->blocking = out->compute;
  out->random = std::make_shared<seeded_random>(seed);
  out->time = run.time();
  out->metrics = std::make_shared<metrics::recorder>();
  return out;
}

} // namespace truckee::test
