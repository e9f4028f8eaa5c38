#include "truckee/messages/caf/door.hpp"
#include "truckee/doors/basp/content.hpp"
#include "truckee/messages/wire_types.hpp"

#include <caf/actor_system.hpp>
#include <caf/node_id.hpp>

#include <array>
#include <type_traits>

namespace truckee::messages {

namespace {

template <class T>
constexpr bool names_an_actor = std::is_same_v<T, progress_listener> || requires(T x) {
  x.listener;
};

#define TRUCKEE_DOOR_TYPE(number_, type)                                                                     \
  doors::basp::message_type{static_cast<std::uint16_t>(first_type_id + number_ - wire_numbers_begin), #type, \
                            names_an_actor<type>},
constexpr std::array types{TRUCKEE_WIRE_TYPES(TRUCKEE_DOOR_TYPE)};
#undef TRUCKEE_DOOR_TYPE

#if TRUCKEE_CAF_1
constexpr auto speaks = doors::basp::generation::caf_1_1;
static_assert(caf::type_id_v<std::string> == doors::basp::caf_1_1::text);
static_assert(caf::type_id_v<caf::error> == doors::basp::caf_1_1::error);
static_assert(caf::type_id_v<caf::exit_reason> == doors::basp::caf_1_1::exit_reason);
static_assert(caf::type_id_v<caf::pec> == doors::basp::caf_1_1::pec);
static_assert(caf::type_id_v<caf::sec> == doors::basp::caf_1_1::sec);
static_assert(caf::type_id_v<caf::get_atom> == doors::basp::caf_1_1::get_atom);
static_assert(caf::type_id_v<caf::sys_atom> == doors::basp::caf_1_1::sys_atom);
#else
constexpr auto speaks = doors::basp::generation::caf_0_17;
#endif

} // namespace

std::span<const doors::basp::message_type> door_types() {
  return types;
}

doors::basp::rules door_rules(const caf::actor_system& system, doors::basp::peer_side peer,
                              std::uint32_t longest_payload) {
  doors::basp::rules out;
  out.speaks = speaks;
  out.peer = peer;
  // CAF's nodes of its own making always have such a name; with another one nothing would be taken for ours.
  out.own = doors::basp::parse_node(to_string(system.node())).value_or(doors::basp::node_name{});
  out.types = types;
  out.longest_payload = longest_payload;
  return out;
}

} // namespace truckee::messages
