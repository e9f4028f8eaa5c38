#include "doors/basp/frames.hpp"
#include "program/support/program.hpp"
#include "truckee/base/address.hpp"
#include "truckee/doors/basp/content.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

/// Peers that send what ended or hung a node before there was a door in front of CAF: the node lives, serves others, and logs
/// one line for each.
using namespace truckee;
using namespace truckee::test;
using namespace truckee::doors::basp;

namespace {

/// A plain connection to a node, which knows what the node said of itself.
class raw_peer {
public:
  explicit raw_peer(const std::string& where) {
    const auto at = parse_address(where).value();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(at.port);
    inet_pton(AF_INET, at.host.c_str(), &to.sin_addr);
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0)
      throw std::runtime_error("no connection to " + where);
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
  ~raw_peer() { close(socket_); }
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;

  void send(const bytes& what) { ::send(socket_, what.data(), what.size(), MSG_NOSIGNAL); }

  /// Whether the node ends the connection; it may say something before.
  bool is_ended() {
    std::byte rest[4096];
    ssize_t count = 0;
    while ((count = recv(socket_, rest, sizeof(rest), 0)) > 0) {
    }
    return count == 0 || errno == ECONNRESET;
  }

  generation speaks{};
  node_name node{};
  std::uint64_t actor = 0; ///< the published one

private:
  bytes receive(std::size_t count) {
    bytes out(count);
    if (recv(socket_, out.data(), count, MSG_WAITALL) != static_cast<ssize_t>(count))
      throw std::runtime_error("the node does not greet");
    return out;
  }
  int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
};

/// CAF 0.17 packs short words into numbers.
std::uint64_t word(std::string_view letters) {
  std::uint64_t out = 0xf;
  for (const char c : letters)
    out = out << 6 | static_cast<std::uint64_t>(c - 'a' + 38);
  return out;
}

struct packet {
  const char* what;
  bool after_greeting;
  bytes (*make)(const frame_writer&, const raw_peer&, const node_name& self);
};

const packet packets[] = {
    {"a handshake without payload", false,
     [](const frame_writer& write, const raw_peer&, const node_name&) { return write.frame(1, {}); }},
    {"an exit message", true,
     [](const frame_writer& write, const raw_peer& to, const node_name& self) {
       return write.message({caf_types::exit}, write.handle(9, self) + write.error(), to.actor);
     }},
    {"an error that answers nothing", true,
     [](const frame_writer& write, const raw_peer& to, const node_name&) {
       return write.message({caf_types::error}, write.error(), to.actor);
     }},
    {"a link message", true,
     [](const frame_writer& write, const raw_peer& to, const node_name&) {
       bytes link(write.speaks() == generation::caf_0_17 ? sizeof(std::uint64_t) : 0);
       if (!link.empty())
         store_be(mutable_byte_view(link), word("link"));
       return write.message({caf_types::link_word, caf_types::handle}, link + write.handle(to.actor, to.node),
                            to.actor);
     }},
    {"a message in a message", true,
     [](const frame_writer& write, const raw_peer& to, const node_name&) {
       const auto level = write.type_list({caf_types::message});
       bytes nested;
       for (int depth = 0; depth < 100'000; ++depth)
         nested.insert(nested.end(), level.begin(), level.end());
       return write.message({caf_types::message}, nested + write.type_list({}), to.actor);
     }},
    {"a header that claims four gigabytes", false,
     [](const frame_writer& write, const raw_peer&, const node_name&) {
       return write.header(1, 0xffff'ffff);
     }},
};

class hostile_peers : public program_test {
protected:
  /// Sends each packet by a connection of its own; `serve` must go well after each.
  template <class Serve>
  void expect_harmless(process& node, const std::string& where, Serve serve) {
    std::size_t sent = 0;
    for (const auto& each : packets) {
      SCOPED_TRACE(each.what);
      raw_peer peer(where);
      const frame_writer write(peer.speaks);
      node_name self;
      self.fill(static_cast<std::byte>(0x70 + sent));
      if (each.after_greeting)
        peer.send(write.client_handshake(self));
      peer.send(each.make(write, peer, self));
      EXPECT_TRUE(peer.is_ended());
      ASSERT_TRUE(node.running());
      serve();
      EXPECT_EQ(refusals(node), ++sent);
      ASSERT_FALSE(HasFailure());
    }
  }

  static std::size_t refusals(const process& node) {
    std::size_t out = 0;
    for (const auto& line : lines_of(node.err()))
      out += line.find("event=caller_refused") != std::string::npos;
    return out;
  }
};

} // namespace

TEST_F(hostile_peers, leave_a_storage_server_as_it_was) {
  auto& node = start({"storage", "--directory", path("store"), "--listen", "127.0.0.1:0"});
  const auto line = node.wait_for("listening on ");
  const auto where = line.substr(0, line.find(' '));
  const auto grid = file(
      "grid.toml", "[encoding]\nneeded = 1\ntotal = 1\nhappy = 1\n\n[[server]]\nname = \"alpha\"\ncaf = \"" +
                       where + "\"\n");
  expect_harmless(node, where, [&] {
    EXPECT_EQ(get(put_new("honest", {"--grid", grid}), {"--grid", grid}), "honest");
  });
}

TEST_F(hostile_peers, leave_a_gateway_as_it_was) {
  auto& node = start({"gateway", "--listen", "127.0.0.1:0"});
  const auto where = node.wait_for("listening on ");
  expect_harmless(node, where, [&] {
    EXPECT_EQ(get(put_new("honest", {"--gateway", where}), {"--gateway", where}), "honest");
  });
}
