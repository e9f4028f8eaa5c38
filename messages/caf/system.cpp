#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/caf/network.hpp"
#include "truckee/messages/wire_types.hpp"

namespace truckee::messages {

system_config::system_config() {
  register_wire_types();
  register_wire_types(*this);
  load<caf::io::middleman>();
  // One queue for all workers, who sleep while it is empty. CAF's own choice is a queue each, and stealing: what an actor
  // wakes waits then until a worker looks, and idle ones look for ever (docs/performance.md).
#if TRUCKEE_CAF_1
  set("caf.scheduler.policy", "sharing");
  // Heartbeats would end connections that are busy with one large message.
  set("caf.middleman.heartbeat-interval", caf::timespan{0});
  set("caf.logger.console.verbosity", "quiet");
#else
  set("scheduler.policy", caf::atom("sharing"));
#endif
}

} // namespace truckee::messages
