#pragma once

#include "truckee/doors/basp/frame.hpp"
#include "truckee/doors/basp/rules.hpp"

#include <string>
#include <vector>

/// Frames of BASP, made by hand and read back.
namespace truckee::test {

/// The message types of Truckee, as they are fixed for ever (tests/messages/type_ids_test.cpp).
std::span<const doors::basp::message_type> basp_types();

/// One frame of a stream, as it lies there.
struct frame {
  doors::basp::header head;
  byte_view payload; ///< shorter than the header says where the stream ends within
  byte_view all;
};
/// Cuts a stream into frames; a header that is cut off is left out.
std::vector<frame> frames_of(byte_view stream);

/// A stream without CAF's question for a node's spawn server, the one thing that a filter takes out.
bytes without_spawn_question(byte_view stream);

/// Writes frames as a peer would, in either generation.
class frame_writer {
public:
  explicit frame_writer(doors::basp::generation g) : generation_(g) {}

  doors::basp::generation speaks() const { return generation_; }
  bytes header(std::uint8_t operation, std::uint64_t payload, std::uint64_t data = 0, std::uint64_t from = 0,
               std::uint64_t to = 0, std::uint8_t flags = 0) const;
  /// A header and its payload.
  bytes frame(std::uint8_t operation, byte_view payload, std::uint64_t data = 0, std::uint64_t from = 0,
              std::uint64_t to = 0, std::uint8_t flags = 0) const;
  bytes client_handshake(const doors::basp::node_name& who, std::uint8_t flags = 0) const;
  bytes server_handshake(const doors::basp::node_name& who, std::uint64_t version) const;
  /// A message from actor 9 of these types (names on 0.17, numbers on 1.1), `rest` after the list.
  bytes message(const std::vector<doors::basp::message_type>& types, byte_view rest = {},
                std::uint64_t to = 7) const;
  /// An answer that is an error, of actor `from` to actor 7.
  bytes answer(byte_view error, std::uint64_t from = 9) const;
  bytes monitor(const doors::basp::node_name& from, const doors::basp::node_name& about,
                std::uint64_t actor = 7) const;
  bytes down(const doors::basp::node_name& from, const doors::basp::node_name& about, byte_view reason) const;

  bytes node(const doors::basp::node_name& who) const;
  bytes handle(std::uint64_t actor, const doors::basp::node_name& who) const;
  /// sec 1 with so many texts beside it.
  bytes error(int texts = 0) const;
  /// The list alone, as it stands before the values.
  bytes type_list(const std::vector<doors::basp::message_type>& types) const;

private:
  doors::basp::generation generation_;
};

/// A length as CAF writes it.
bytes length_bytes(std::uint32_t value);
bytes operator+(bytes a, byte_view b);

/// CAF's own types by name and number, as an attacker would use them.
namespace caf_types {
inline constexpr doors::basp::message_type error{26, "@error"};
inline constexpr doors::basp::message_type exit{27, "@exit"};
inline constexpr doors::basp::message_type down{25, "@down"};
inline constexpr doors::basp::message_type message{39, "@message"};
inline constexpr doors::basp::message_type text{12, "@str"};
inline constexpr doors::basp::message_type link_word{83, "@atom"};
inline constexpr doors::basp::message_type handle{56, "@strong_actor_ptr"};
inline constexpr doors::basp::message_type timeout{57, "@timeout"};
} // namespace caf_types

} // namespace truckee::test
