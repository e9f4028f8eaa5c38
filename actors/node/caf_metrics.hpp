#pragma once

#include <memory>
#include <vector>

#include <caf/fwd.hpp>

namespace prometheus {
class Collectable;
}

namespace truckee {

/// CAF's own metrics of a system (actors, mailboxes, the middleman's traffic), named as CAF's exporter names them, for the same
/// scrape as ours: hand each to an exposer. Empty on CAF 0.17, which counts nothing. The system must outlive them.
std::vector<std::shared_ptr<prometheus::Collectable>> caf_metrics(caf::actor_system& system);

} // namespace truckee
