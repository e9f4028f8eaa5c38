#include "program/support/hostile_packets.hpp"
#include "program/support/program.hpp"
#include "truckee/base/address.hpp"

/// Peers that send what ended or hung a node before there was a door in front of CAF: the node lives, serves others, and logs
/// one line for each.
using namespace truckee;
using namespace truckee::test;

namespace {

class hostile_peers : public program_test {
protected:
  /// Sends each packet by a connection of its own; `serve` must go well after each.
  template <class Serve>
  void expect_harmless(process& node, const std::string& where, Serve serve) {
    std::size_t sent = 0;
    for (const auto& each : hostile_packets()) {
      SCOPED_TRACE(each.what);
      basp_peer peer(raw_connection(parse_address(where).value().port));
      peer.attack(each, static_cast<std::uint8_t>(0x70 + sent));
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
