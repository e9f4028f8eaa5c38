#include "program/support/hostile_packets.hpp"

#include "truckee/doors/basp/content.hpp"

#include <cerrno>
#include <stdexcept>

namespace truckee::test {

using namespace doors::basp;

namespace {

/// CAF 0.17 packs short words into numbers.
std::uint64_t word(std::string_view letters) {
  std::uint64_t out = 0xf;
  for (const char c : letters)
    out = out << 6 | static_cast<std::uint64_t>(c - 'a' + 38);
  return out;
}

const hostile_packet packets[] = {
    {"a handshake without payload", false,
     [](const frame_writer& write, const basp_peer&, const node_name&) { return write.frame(1, {}); }},
    {"an exit message", true,
     [](const frame_writer& write, const basp_peer& to, const node_name& self) {
       return write.message({caf_types::exit}, write.handle(9, self) + write.error(), to.actor);
     }},
    {"an error that answers nothing", true,
     [](const frame_writer& write, const basp_peer& to, const node_name&) {
       return write.message({caf_types::error}, write.error(), to.actor);
     }},
    {"a link message", true,
     [](const frame_writer& write, const basp_peer& to, const node_name&) {
       bytes link(write.speaks() == generation::caf_0_17 ? sizeof(std::uint64_t) : 0);
       if (!link.empty())
         store_be(mutable_byte_view(link), word("link"));
       return write.message({caf_types::link_word, caf_types::handle}, link + write.handle(to.actor, to.node),
                            to.actor);
     }},
    {"a message in a message", true,
     [](const frame_writer& write, const basp_peer& to, const node_name&) {
       const auto level = write.type_list({caf_types::message});
       bytes nested;
       for (int depth = 0; depth < 100'000; ++depth)
         nested.insert(nested.end(), level.begin(), level.end());
       return write.message({caf_types::message}, nested + write.type_list({}), to.actor);
     }},
    {"a header that claims four gigabytes", false,
     [](const frame_writer& write, const basp_peer&, const node_name&) {
       return write.header(1, 0xffff'ffff);
     }},
};

} // namespace

std::span<const hostile_packet> hostile_packets() {
  return packets;
}

basp_peer::basp_peer(descriptor socket) : socket_(std::move(socket)) {
  const auto head = read_header(receive(header_size));
  speaks = static_cast<generation>(head.data);
  const auto greeting = receive(head.payload);
  node = read_server_handshake(greeting, speaks).value();
  cursor from(greeting);
  from.take(frame_writer(speaks).node(node).size());
  for (auto count = from.length(); count > 0; --count)
    from.text();
  actor = from.number<std::uint64_t>();
}

void basp_peer::attack(const hostile_packet& with, std::uint8_t name) const {
  const frame_writer write(speaks);
  node_name self;
  self.fill(static_cast<std::byte>(name));
  if (with.after_greeting)
    send(write.client_handshake(self));
  send(with.make(write, *this, self));
}

bool basp_peer::is_ended() const {
  std::byte rest[4096];
  ssize_t count = 0;
  while ((count = ::recv(socket_.get(), rest, sizeof(rest), 0)) > 0) {
  }
  return count == 0 || errno == ECONNRESET;
}

bytes basp_peer::receive(std::size_t count) const {
  bytes out(count);
  if (::recv(socket_.get(), out.data(), count, MSG_WAITALL) != static_cast<ssize_t>(count))
    throw std::runtime_error("the node does not greet");
  return out;
}

} // namespace truckee::test
