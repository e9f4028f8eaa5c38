#pragma once

#include <memory>

namespace prometheus {
class Collectable;
}

namespace truckee::metrics {

/// process_cpu_seconds_total, process_resident_memory_bytes and so on, by the names all Prometheus clients
/// use, read from /proc at each scrape. What cannot be read is left out.
std::shared_ptr<prometheus::Collectable> process_metrics();

} // namespace truckee::metrics
