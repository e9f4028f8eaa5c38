#pragma once

/// What a door before an actor system lets pass: filled from what Truckee's nodes say.

#include "truckee/doors/basp/rules.hpp"

#include <caf/fwd.hpp>

#include <cstdint>
#include <span>

namespace truckee::messages {

/// Bytes of the longest frame that passes: the longest content or share (1 GiB), and what is said beside it.
inline constexpr std::uint32_t longest_frame = (std::uint32_t{1} << 30) + (std::uint32_t{64} << 20);

/// Every type of TRUCKEE_WIRE_TYPES, by this build's numbers.
std::span<const doors::basp::message_type> door_types();

/// What a connection of this system is judged by, where the peer is at that end of it.
doors::basp::rules door_rules(const caf::actor_system& system, doors::basp::peer_side peer,
                              std::uint32_t longest_payload = longest_frame);

} // namespace truckee::messages
