#pragma once

#include "truckee/base/result.hpp"
#include "truckee/doors/basp/cursor.hpp"
#include "truckee/doors/basp/frame.hpp"
#include "truckee/doors/basp/rules.hpp"

/// What payloads hold, read just far enough to refuse. All errors are `protocol` and a sentence without a byte of the peer.
namespace truckee::doors::basp {

/// The numbers that CAF 1.1 gives its own types, of those that pass; messages/caf/door.cpp compares them with CAF's headers.
namespace caf_1_1 {
inline constexpr std::uint16_t text = 12;
inline constexpr std::uint16_t error = 26;
inline constexpr std::uint16_t exit_reason = 28;
inline constexpr std::uint16_t pec = 44;
inline constexpr std::uint16_t sec = 45;
inline constexpr std::uint16_t get_atom = 79;
inline constexpr std::uint16_t sys_atom = 103;
} // namespace caf_1_1

/// Who greets, of a whole handshake. One of the other generation is told by its length.
result<node_name> read_client_handshake(byte_view payload, generation g);
result<node_name> read_server_handshake(byte_view payload, generation g);

/// Whether a whole monitor or down message is from `peer` about us, and the reason of the latter bounded.
result<void> check_monitor(byte_view payload, const rules& r, const node_name& peer);
result<void> check_down(byte_view payload, const rules& r, const node_name& peer);

/// What to do with a message.
enum class verdict : std::uint8_t {
  pass,
  leave_out, ///< harmless, and nothing behind the door needs it
  needs_all, ///< cannot be said before all of it is there
};

/// Judges a message by the first `message_head` bytes of its payload, or by all of it where that is shorter; asked again with
/// all of it where it said so.
result<verdict> judge_message(const header& h, byte_view payload, const rules& r, const node_name& peer);

} // namespace truckee::doors::basp
