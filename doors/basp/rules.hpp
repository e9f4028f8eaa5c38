#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/doors/inspector.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// What a node lets pass of BASP, the protocol between CAF's nodes. The two generations of CAF that Truckee can be built with
/// speak versions of it that do not understand each other.
namespace truckee::doors::basp {

/// CAF's generations, each by the number of the BASP version that it speaks.
enum class generation : std::uint8_t { caf_0_17 = 3, caf_1_1 = 8 };

/// "BASP 3 (CAF 0.17)"; a version that no generation speaks is named by its number alone.
std::string name_of(std::uint64_t version);
std::string name_of(generation g);

/// A dialler greets by a client handshake, who was dialled by a server handshake.
using doors::peer_side;

/// A CAF node as both generations write it: its process's number (4 bytes, big-endian), then the 20 bytes of its host.
using node_name = std::array<std::byte, 24>;

/// From CAF's own text, "40 hexadecimal digits#process"; nothing for anything else.
std::optional<node_name> parse_node(std::string_view text);

/// A message type that may cross the network: by number on CAF 1.1, by name on CAF 0.17.
struct message_type {
  std::uint16_t number = 0;
  std::string_view name;
  /// Its first member is an actor's handle, which must be of the peer's own node or empty: CAF would make a proxy for any
  /// node that somebody names, and ask for the way to it.
  bool names_an_actor = false;
};

/// What one connection is judged by. What `types` points to must outlive the filter.
struct rules {
  generation speaks = generation::caf_0_17;
  peer_side peer = peer_side::dialler;
  node_name own{};
  std::span<const message_type> types;
  /// Bytes of a frame's payload. CAF takes the memory for a frame as soon as its header is there.
  std::uint32_t longest_payload = 0;
};

/// Frames that are judged whole: handshakes (a gateway's, with the signatures of its actor, has 1 KiB), monitor and down
/// messages, errors. Bounds what is held of a connection, too.
inline constexpr std::uint32_t longest_judged_whole = 16 * 1024;
/// The list of types at the head of a message: Truckee's have one each, of at most 50 characters.
inline constexpr std::uint32_t longest_type_list = 128;
/// Bytes of a message's payload within which its type list, and an actor's handle after it, must end.
inline constexpr std::uint32_t message_head = 512;

} // namespace truckee::doors::basp
