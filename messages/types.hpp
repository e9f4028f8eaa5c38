#pragma once

/// All message types, those that stay in one process with them. Include this wherever actors of Truckee are written.

#include "truckee/messages/caf/shell.hpp"
#include "truckee/messages/catalog.hpp"
#include "truckee/messages/wire_types.hpp"

// clang-format off
#define TRUCKEE_PROCESS_TYPES(X) \
  X(3200, truckee::messages::continuation) \
  X(3201, truckee::messages::stop) \
  X(3202, truckee::messages::write_slot) \
  X(3203, truckee::messages::write_answer) \
  X(3204, truckee::messages::read_slot) \
  X(3205, truckee::messages::read_answer) \
  X(3206, truckee::messages::lease_slot) \
  X(3207, truckee::messages::lease_slot_answer) \
  X(3208, truckee::messages::read_leases_at) \
  X(3209, truckee::messages::read_leases_answer) \
  X(3210, truckee::messages::introduce) \
  X(3211, truckee::messages::introduction) \
  X(3212, truckee::messages::link_status) \
  X(3213, truckee::messages::operation_progress) \
  X(3214, truckee::messages::publish_news) \
  X(3215, truckee::messages::map_file) \
  X(3216, truckee::messages::map_more) \
  X(3217, truckee::messages::map_answer) \
  X(3218, truckee::messages::read_version) \
  X(3219, truckee::messages::content_answer) \
  X(3220, truckee::messages::verify_shares) \
  X(3221, truckee::messages::verify_answer) \
  X(3222, truckee::messages::send_shares) \
  X(3223, truckee::messages::shares_sent) \
  X(3224, truckee::messages::start_publish) \
  X(3225, truckee::messages::publish_answer) \
  X(3226, truckee::messages::take_bytes) \
  X(3227, truckee::messages::bytes_taken) \
  X(3228, truckee::messages::give_bytes_back) \
  X(3229, truckee::messages::take_key) \
  X(3230, truckee::messages::key_answer) \
  X(3231, truckee::messages::count_keys) \
  X(3232, truckee::messages::key_count) \
  X(3233, truckee::messages::run) \
  X(3234, truckee::messages::use_grid) \
  X(3235, truckee::messages::grid_in_use) \
  X(3236, truckee::messages::allow_bytes) \
  X(3237, truckee::messages::keep_keys) \
  X(3238, truckee::messages::join_crew) \
  X(3239, truckee::messages::leave_crew) \
  X(3240, truckee::messages::use_expiry) \
  X(3241, truckee::messages::advise_share) \
  X(3242, truckee::messages::advise_share_answer) \
  X(3243, truckee::messages::stage_at) \
  X(3244, truckee::messages::stage_at_answer)
// clang-format on

#define TRUCKEE_UNSAFE(number, type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
TRUCKEE_PROCESS_TYPES(TRUCKEE_UNSAFE)
#undef TRUCKEE_UNSAFE

namespace truckee::messages {

inline constexpr std::array process_types{TRUCKEE_PROCESS_TYPES(TRUCKEE_NUMBERED_TYPE)};
static_assert(numbers_run(process_types, process_numbers_begin, numbers_end));

} // namespace truckee::messages

namespace truckee {

/// Makes all of Truckee's message types known to the process: to be called before its first actor_system (CAF 1.1;
/// nothing on 0.17). Once is enough, more does no harm. CAF_MAIN(caf::id_block::truckee,
/// caf::id_block::truckee_process, ...) does the same.
void register_types();

/// Makes those that cross the network known to one configuration (0.17; nothing on CAF 1.1).
void register_types(caf::actor_system_config& config);

} // namespace truckee

#if TRUCKEE_CAF_1
namespace caf {
TRUCKEE_PROCESS_TYPES(TRUCKEE_TYPE_ID)
namespace id_block {
/// For CAF_MAIN and caf::init_global_meta_objects: what stays in one process, beside caf::id_block::truckee.
struct truckee_process {
  static constexpr type_id_t begin = type_id<::truckee::messages::continuation>::value;
  static constexpr type_id_t end = begin + static_cast<type_id_t>(::truckee::messages::process_types.size());
};
} // namespace id_block
} // namespace caf
#endif
