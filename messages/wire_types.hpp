#pragma once

/// The types that cross the network, with their numbers. Enough for whoever only talks to a gateway or a store.

#include "truckee/messages/type_ids.hpp"
#include "truckee/messages/wire.hpp"

// clang-format off
#define TRUCKEE_WIRE_TYPES(X) \
  X(3000, truckee::messages::hello) \
  X(3001, truckee::messages::greeting) \
  X(3002, truckee::grid::store_info) \
  X(3003, truckee::grid::read_test_write) \
  X(3004, truckee::grid::read_test_write_answer) \
  X(3005, truckee::grid::slot_read) \
  X(3006, truckee::grid::slot_read_answer) \
  X(3007, truckee::messages::add_lease) \
  X(3008, truckee::messages::lease_answer) \
  X(3009, truckee::messages::read_leases) \
  X(3010, truckee::messages::stored_leases) \
  X(3011, truckee::messages::publish_request) \
  X(3012, truckee::messages::publish_reply) \
  X(3013, truckee::messages::append_request) \
  X(3014, truckee::messages::retrieve_request) \
  X(3015, truckee::messages::retrieve_reply) \
  X(3016, truckee::messages::check_request) \
  X(3017, truckee::messages::check_reply) \
  X(3018, truckee::messages::repair_request) \
  X(3019, truckee::messages::repair_reply) \
  X(3020, truckee::messages::list_leases_request) \
  X(3021, truckee::messages::list_leases_reply) \
  X(3022, truckee::messages::cancel_request) \
  X(3023, truckee::messages::cancel_answer) \
  X(3024, truckee::messages::progress_event) \
  X(3025, truckee::messages::progress_listener) \
  X(3026, truckee::messages::subscribe) \
  X(3027, truckee::messages::unsubscribe) \
  X(3028, truckee::messages::subscribe_answer) \
  X(3029, truckee::messages::link_report) \
  X(3030, truckee::messages::status_request) \
  X(3031, truckee::messages::status_reply) \
  X(3032, truckee::messages::operation_detail_request) \
  X(3033, truckee::messages::operation_detail) \
  X(3034, truckee::messages::change_request) \
  X(3035, truckee::messages::change_answer) \
  X(3036, truckee::messages::resolve_request) \
  X(3037, truckee::messages::resolve_reply) \
  X(3038, truckee::messages::share_advice) \
  X(3039, truckee::messages::advice_answer) \
  X(3040, truckee::grid::stage_piece) \
  X(3041, truckee::grid::stage_answer) \
  X(3042, truckee::messages::read_content) \
  X(3043, truckee::messages::content_part)
// clang-format on

namespace truckee::messages {

inline constexpr std::array wire_types{TRUCKEE_WIRE_TYPES(TRUCKEE_NUMBERED_TYPE)};
static_assert(numbers_run(wire_types, wire_numbers_begin, process_numbers_begin));

/// Makes the types that cross the network known to the process, before its first actor_system (CAF 1.1; nothing on
/// 0.17). Once is enough, more does no harm; a system_config does it by itself.
void register_wire_types();
/// Makes them known to one configuration (0.17; nothing on CAF 1.1).
void register_wire_types(caf::actor_system_config& config);

} // namespace truckee::messages

#if TRUCKEE_CAF_1
namespace caf {
TRUCKEE_WIRE_TYPES(TRUCKEE_TYPE_ID)
namespace id_block {
/// For CAF_MAIN and caf::init_global_meta_objects: what crosses the network.
struct truckee {
  static constexpr type_id_t begin = TRUCKEE_FIRST_TYPE_ID;
  static constexpr type_id_t end = begin + static_cast<type_id_t>(::truckee::messages::wire_types.size());
};
} // namespace id_block
} // namespace caf
#endif
