#pragma once

#include "truckee/base/result.hpp"
#include "truckee/doors/basp/rules.hpp"

#include <cstdint>

namespace truckee::doors::basp {

inline constexpr std::size_t header_size = 32;

/// Why what came is not let pass.
inline tl::unexpected<error> refuse(std::string why) {
  return fail(errc::protocol, std::move(why));
}

/// What a frame is, the first byte of its header; others do not exist.
enum class operation : std::uint8_t {
  server_handshake = 0, ///< the dialled node's greeting
  client_handshake = 1, ///< the dialling node's
  direct_message = 2,   ///< from an actor of the peer's node to one of ours
  routed_message = 3,   ///< the same over nodes between
  monitor_message = 4,  ///< the peer wants to know when one of our actors ends
  down_message = 5,     ///< one of the peer's actors ended
  heartbeat = 6,
};

/// A receiver is named by a word of the registry, not by its number.
inline constexpr std::uint8_t named_receiver = 0x01;
/// CAF 0.17, in a client's second handshake: use this connection from now on.
inline constexpr std::uint8_t select_connection = 0x02;
/// In a message's id: it answers a request.
inline constexpr std::uint64_t answer_bit = std::uint64_t{1} << 63;

/// The 32 bytes before a payload, big-endian.
struct header {
  operation what{};
  std::uint16_t padding = 0;
  std::uint8_t flags = 0;
  std::uint32_t payload = 0;    ///< bytes that follow
  std::uint64_t data = 0;       ///< a message's id; of a server handshake the version of BASP
  std::uint64_t from_actor = 0; ///< number on the peer's node; 0: nobody
  std::uint64_t to_actor = 0;   ///< number on ours; with named_receiver the name
};

/// `raw` has header_size bytes.
header read_header(byte_view raw);

/// Whether such a frame may be at all, whatever came before it and whatever it holds. Errors (protocol) say what is wrong.
result<void> check_header(const header& h, const rules& r);

} // namespace truckee::doors::basp
