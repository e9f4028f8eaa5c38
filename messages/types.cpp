#include "truckee/messages/types.hpp"

#include <mutex>

#include <caf/init_global_meta_objects.hpp>

namespace truckee {

void register_types() {
  messages::register_wire_types();
#if TRUCKEE_CAF_1
  static std::once_flag once;
  std::call_once(once, [] { caf::init_global_meta_objects<caf::id_block::truckee_process>(); });
#endif
}

void register_types(caf::actor_system_config& config) {
  messages::register_wire_types(config);
}

} // namespace truckee
