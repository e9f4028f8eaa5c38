#include "actors/scripted_server.hpp"
#include "actors/test_services.hpp"
#include "test_folder.hpp"
#include "truckee/actors/links/server_link.hpp"
#include "truckee/actors/node/node.hpp"
#include "truckee/messages/caf/network.hpp"
#include "truckee/tls/certificates.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

/// Two nodes on loopback, as two actor systems: a storage server behind a plain port and one with TLS, as a cluster's
/// node may have both, and a client that is to reach it with TLS.
class route : public testing::Test {
protected:
  route() {
    const auto made = tls::make_certificates(place / "certs", {"server", "client"});
    EXPECT_TRUE(made) << to_string(made.error());
    server_node = start("server");
    client_node = start("client");
    server = messages::spawn<test::scripted_server_state>(server_node->system(), script);
    server_node->own(caf::actor_cast<caf::strong_actor_ptr>(server));
    plain_port = publish(*server_node, false);
    tls_port = publish(*server_node, true);
  }
  ~route() override {
    for (const auto& link : links)
      messages::send_anonymously(caf::actor_cast<caf::actor>(link), messages::stop{});
    links.clear();
    server = messages::storage_server{};
  }

  tls::node_files files(const std::string& name) const {
    return {place / "certs" / "ca.pem", place / "certs" / (name + ".pem"), place / "certs" / (name + ".key")};
  }
  std::unique_ptr<actors::node> start(const std::string& name) const {
    auto out = actors::node::start({.tls = files(name)});
    EXPECT_TRUE(out) << to_string(out.error());
    return std::move(*out);
  }
  std::uint16_t publish(actors::node& where, bool tls) {
    const auto port = messages::publish(server, tls, 0, "127.0.0.1");
    EXPECT_TRUE(port) << messages::describe(port.error(), where.system());
    return port ? *port : std::uint16_t{0};
  }

  std::optional<messages::connected_peer> connect(actors::node& from, bool tls, std::uint16_t port) {
    why.clear();
    return messages::connect_blocking(from.system(), tls, "127.0.0.1", port, 10s, why);
  }

  messages::server_link link_with_tls() {
    actors::link_options options;
    options.name = "alpha";
    options.endpoint = actors::remote_endpoint{"127.0.0.1", tls_port, files("client")};
    links.push_back(actors::spawn_server_link(client_node->system(), services(), std::move(options)));
    return links.back();
  }
  static actors::services_ptr services() {
    auto out = std::make_shared<actors::services>();
    out->compute = std::make_shared<worker_pool>(1);
    out->blocking = out->compute;
    out->random = std::make_shared<test::seeded_random>(1);
    out->metrics = std::make_shared<metrics::recorder>();
    return out;
  }
  /// Once its first try has ended.
  messages::introduction introduced(const messages::server_link& link) {
    messages::introduction out;
    caf::scoped_actor self(client_node->system());
    messages::request_blocking(
        self, link, 20s, messages::introduce{}, [&](const messages::introduction& x) { out = x; },
        [&](const caf::error& e) { ADD_FAILURE() << messages::describe(e, client_node->system()); });
    return out;
  }

  test::folder place;
  std::string why;
  test::script_ptr script = test::make_script(1);
  std::unique_ptr<actors::node> server_node;
  std::unique_ptr<actors::node> client_node;
  messages::storage_server server;
  std::vector<messages::server_link> links;
  std::uint16_t plain_port = 0;
  std::uint16_t tls_port = 0;
};

} // namespace

TEST_F(route, a_connection_of_its_own_with_tls_is_taken) {
  const auto link = link_with_tls();
  const auto who = introduced(link);
  EXPECT_TRUE(who.reachable) << who.detail;
  const auto found = messages::find_route_blocking(client_node->system(), server_node->system().node());
  EXPECT_EQ(found.kind, messages::route_kind::tls);
  EXPECT_TRUE(messages::is_still_the_route(client_node->system(), server_node->system().node(), found));
}

TEST_F(route, a_link_with_tls_says_nothing_over_a_plain_connection_that_was_there_before) {
  const auto before = connect(*client_node, false, plain_port);
  ASSERT_TRUE(before) << why;
  const auto who = introduced(link_with_tls());
  EXPECT_FALSE(who.reachable);
  EXPECT_NE(who.detail.find("without TLS"), std::string::npos) << who.detail;
  EXPECT_EQ(script->hellos, 0U) << "not even the introduction";
}

TEST_F(route, a_link_with_tls_says_nothing_over_a_plain_connection_that_the_peer_made) {
  const auto other =
      messages::spawn<test::scripted_server_state>(client_node->system(), test::make_script(2));
  client_node->own(caf::actor_cast<caf::strong_actor_ptr>(other));
  const auto port = messages::publish(other, false, 0, "127.0.0.1");
  ASSERT_TRUE(port);
  ASSERT_TRUE(connect(*server_node, false, *port)) << why;
  const auto who = introduced(link_with_tls());
  EXPECT_FALSE(who.reachable);
  EXPECT_NE(who.detail.find("without TLS"), std::string::npos) << who.detail;
  EXPECT_EQ(script->hellos, 0U);
}

TEST_F(route, who_connects_with_tls_and_waits_is_told_as_well) {
  ASSERT_TRUE(connect(*client_node, false, plain_port)) << why;
  EXPECT_FALSE(connect(*client_node, true, tls_port));
  EXPECT_NE(why.find("without TLS"), std::string::npos) << why;
}

TEST_F(route, a_plain_connection_made_later_changes_nothing) {
  const auto link = link_with_tls();
  ASSERT_TRUE(introduced(link).reachable);
  connect(*client_node, false, plain_port);
  const auto found = messages::find_route_blocking(client_node->system(), server_node->system().node());
  EXPECT_EQ(found.kind, messages::route_kind::tls);
  EXPECT_TRUE(introduced(link).reachable);
}
