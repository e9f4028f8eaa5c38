#pragma once

/// The list of message types, as each generation of CAF wants it. Include this wherever actors are written.

#include "truckee/messages/caf/shell.hpp"
#include "truckee/messages/catalog.hpp"
#include "truckee/messages/wire.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>

// Both generations want to know each type in advance, 1.1 at compile time, 0.17 when the system starts.
#define TRUCKEE_WIRE_TYPES(X)                                                                                \
  X(truckee::messages::read_leases)                                                                          \
  X(truckee::messages::stored_leases)                                                                        \
  X(truckee::messages::append_request)                                                                       \
  X(truckee::messages::repair_request)                                                                       \
  X(truckee::messages::repair_reply)                                                                         \
  X(truckee::messages::list_leases_request)                                                                  \
  X(truckee::messages::list_leases_reply)                                                                    \
  X(truckee::grid::read_test_write)                                                                          \
  X(truckee::grid::read_test_write_answer)                                                                   \
  X(truckee::grid::slot_read)                                                                                \
  X(truckee::grid::slot_read_answer)                                                                         \
  X(truckee::grid::store_info)                                                                               \
  X(truckee::messages::hello)                                                                                \
  X(truckee::messages::add_lease)                                                                            \
  X(truckee::messages::lease_answer)                                                                         \
  X(truckee::messages::publish_request)                                                                      \
  X(truckee::messages::publish_reply)                                                                        \
  X(truckee::messages::retrieve_request)                                                                     \
  X(truckee::messages::retrieve_reply)                                                                       \
  X(truckee::messages::check_request)                                                                        \
  X(truckee::messages::check_reply)                                                                          \
  X(truckee::messages::cancel_request)                                                                       \
  X(truckee::messages::cancel_answer)                                                                        \
  X(truckee::messages::progress_event)                                                                       \
  X(truckee::messages::progress_listener)                                                                    \
  X(truckee::messages::subscribe)                                                                            \
  X(truckee::messages::subscribe_answer)                                                                     \
  X(truckee::messages::link_report)                                                                          \
  X(truckee::messages::status_request)                                                                       \
  X(truckee::messages::status_reply)                                                                         \
  X(truckee::messages::operation_detail_request)                                                             \
  X(truckee::messages::operation_detail)

#define TRUCKEE_LOCAL_TYPES(X)                                                                               \
  X(truckee::messages::read_leases_at)                                                                       \
  X(truckee::messages::read_leases_answer)                                                                   \
  X(truckee::messages::verify_shares)                                                                        \
  X(truckee::messages::verify_answer)                                                                        \
  X(truckee::messages::take_bytes)                                                                           \
  X(truckee::messages::bytes_taken)                                                                          \
  X(truckee::messages::give_bytes_back)                                                                      \
  X(truckee::messages::continuation)                                                                         \
  X(truckee::messages::write_slot)                                                                           \
  X(truckee::messages::write_answer)                                                                         \
  X(truckee::messages::read_slot)                                                                            \
  X(truckee::messages::read_answer)                                                                          \
  X(truckee::messages::lease_slot)                                                                           \
  X(truckee::messages::lease_slot_answer)                                                                    \
  X(truckee::messages::introduce)                                                                            \
  X(truckee::messages::introduction)                                                                         \
  X(truckee::messages::link_status)                                                                          \
  X(truckee::messages::stop)                                                                                 \
  X(truckee::messages::operation_progress)                                                                   \
  X(truckee::messages::publish_news)                                                                         \
  X(truckee::messages::map_file)                                                                             \
  X(truckee::messages::map_more)                                                                             \
  X(truckee::messages::map_answer)                                                                           \
  X(truckee::messages::read_version)                                                                         \
  X(truckee::messages::content_answer)                                                                       \
  X(truckee::messages::send_shares)                                                                          \
  X(truckee::messages::shares_sent)                                                                          \
  X(truckee::messages::start_publish)                                                                        \
  X(truckee::messages::publish_answer)                                                                       \
  X(truckee::messages::take_key)                                                                             \
  X(truckee::messages::key_answer)                                                                           \
  X(truckee::messages::count_keys)                                                                           \
  X(truckee::messages::key_count)                                                                            \
  X(truckee::messages::run)

#define TRUCKEE_LOCAL(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
TRUCKEE_LOCAL_TYPES(TRUCKEE_LOCAL)
#undef TRUCKEE_LOCAL

#if TRUCKEE_CAF_1
#define TRUCKEE_ID(type) CAF_ADD_TYPE_ID(truckee, (type))
CAF_BEGIN_TYPE_ID_BLOCK(truckee, first_custom_type_id)
TRUCKEE_WIRE_TYPES(TRUCKEE_ID)
TRUCKEE_LOCAL_TYPES(TRUCKEE_ID)
CAF_END_TYPE_ID_BLOCK(truckee)
#undef TRUCKEE_ID
#endif

namespace truckee::messages {

/// Makes Truckee's message types known to the process, before its first actor_system (CAF 1.1; nothing on
/// 0.17). Once is enough, more does no harm; a system_config does it by itself.
void register_types();

/// Makes them known to one configuration (0.17; nothing on CAF 1.1).
void register_types(caf::actor_system_config& config);

} // namespace truckee::messages
