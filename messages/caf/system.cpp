#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/caf/network.hpp"
#include "truckee/messages/caf/scheduler.hpp"
#include "truckee/messages/wire_types.hpp"

#include <algorithm>
#include <thread>

namespace truckee::messages {

system_config::system_config() {
  register_wire_types();
  register_wire_types(*this);
  load<caf::io::middleman>();
  // One queue for all workers, who sleep while it is empty. CAF's own choice is a queue each, and stealing: what an actor
  // wakes waits then until a worker looks, and idle ones look for ever. As many as there are processors: CAF has four at least,
  // and who finds the queue empty is a switch for nothing. What blocks runs elsewhere (docs/performance.md).
  const std::size_t workers = std::max(2U, std::thread::hardware_concurrency());
#if TRUCKEE_CAF_1
  set("caf.scheduler.policy", "sharing");
  set("caf.scheduler.max-threads", workers);
  // Heartbeats would end connections that are busy with one large message.
  set("caf.middleman.heartbeat-interval", caf::timespan{0});
  set("caf.logger.console.verbosity", "quiet");
#else
  load<sharing_scheduler>();
  set("scheduler.max-threads", workers);
#endif
}

} // namespace truckee::messages
