#include "truckee/messages/wire_types.hpp"

#include <mutex>

#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

namespace truckee::messages {

void register_wire_types() {
#if TRUCKEE_CAF_1
  static std::once_flag once;
  std::call_once(once, [] {
    caf::core::init_global_meta_objects();
    caf::io::middleman::init_global_meta_objects();
    caf::init_global_meta_objects<caf::id_block::truckee>();
  });
#endif
}

void register_wire_types([[maybe_unused]] caf::actor_system_config& config) {
#if !TRUCKEE_CAF_1
#define TRUCKEE_ADD(number, type) config.add_message_type<type>(#type);
  TRUCKEE_WIRE_TYPES(TRUCKEE_ADD)
#undef TRUCKEE_ADD
#endif
}

} // namespace truckee::messages
