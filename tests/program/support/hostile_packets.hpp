#pragma once

#include "doors/basp/frames.hpp"
#include "doors/ends.hpp"

#include <span>

/// What ended or hung a node before there was a door in front of CAF.
namespace truckee::test {

class basp_peer;

struct hostile_packet {
  const char* what;
  bool after_greeting; ///< sent behind a handshake that is in order
  bytes (*make)(const frame_writer&, const basp_peer& to, const doors::basp::node_name& self);
};
std::span<const hostile_packet> hostile_packets();

/// A connection to a node that speaks BASP by hand, and knows what the node said of itself.
class basp_peer {
public:
  /// Over a socket that blocks: plain, or the inner end of a passage. Throws where the node does not greet.
  explicit basp_peer(descriptor socket);

  void send(const bytes& what) const { send_all(socket_.get(), as_text(what)); }
  /// Sends one of those packets, as the node whose name is so many of this byte.
  void attack(const hostile_packet& with, std::uint8_t name) const;
  /// Whether the node ends the connection; it may say something before.
  bool is_ended() const;

  doors::basp::generation speaks{};
  doors::basp::node_name node{};
  std::uint64_t actor = 0; ///< the published one

private:
  bytes receive(std::size_t count) const;
  descriptor socket_;
};

} // namespace truckee::test
