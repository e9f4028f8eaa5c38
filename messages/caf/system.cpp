#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/caf/network.hpp"
#include "truckee/messages/wire_types.hpp"

namespace truckee::messages {

system_config::system_config() {
  register_wire_types();
  register_wire_types(*this);
  load<caf::io::middleman>();
#if TRUCKEE_CAF_1
  // Heartbeats would end connections that are busy with one large message.
  set("caf.middleman.heartbeat-interval", caf::timespan{0});
  set("caf.logger.console.verbosity", "quiet");
#endif
}

} // namespace truckee::messages
