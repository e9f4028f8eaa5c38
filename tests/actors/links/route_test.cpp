#include "actors/scripted_server.hpp"
#include "actors/test_services.hpp"
#include "test_folder.hpp"
#include "truckee/actors/links/server_link.hpp"
#include "truckee/actors/node/node.hpp"
#include "truckee/messages/caf/passages.hpp"
#include "truckee/tls/certificates.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

/// Two nodes on loopback, as two actor systems: a storage server behind a plain port and one with TLS, as a cluster's
/// node may have both, and a client that is to reach it with TLS.
class route : public testing::Test {
protected:
  struct end {
    std::unique_ptr<actors::node> host;
    std::shared_ptr<doors::porter> porter; ///< goes first
    tls::node_files files;
  };

  route() {
    const auto made = tls::make_certificates(place / "certs", {"server", "client"});
    EXPECT_TRUE(made) << to_string(made.error());
    server_node = start("server");
    client_node = start("client");
    server = messages::spawn<test::scripted_server_state>(server_node.host->system(), script);
    server_node.host->own(caf::actor_cast<caf::strong_actor_ptr>(server));
    plain_port = publish(server_node, server, false);
    tls_port = publish(server_node, server, true);
  }
  ~route() override {
    for (const auto& link : links)
      messages::send_anonymously(caf::actor_cast<caf::actor>(link), messages::stop{});
    links.clear();
    server = messages::storage_server{};
    client_node.porter->stop();
    server_node.porter->stop();
  }

  tls::node_files files(const std::string& name) const {
    return {place / "certs" / "ca.pem", place / "certs" / (name + ".pem"), place / "certs" / (name + ".key")};
  }
  end start(const std::string& name) const {
    auto host = actors::node::start();
    EXPECT_TRUE(host) << to_string(host.error());
    auto porter = messages::make_porter((*host)->system());
    EXPECT_TRUE(porter) << to_string(porter.error());
    return {std::move(*host), std::move(*porter), files(name)};
  }
  static address publish(const end& where, const messages::storage_server& what, bool tls) {
    doors::door door{.at = {"127.0.0.1", 0}};
    if (tls)
      door.tls = where.files;
    const auto made = messages::publish_at(*where.porter, door, what);
    EXPECT_TRUE(made) << to_string(made.error());
    return made ? made->at : address{};
  }

  static result<messages::connected_peer> connect(const end& from, bool tls, const address& to) {
    doors::call what{.to = to, .deadline = 10s};
    if (tls) {
      what.tls = from.files;
      what.who.names = {"server"};
    }
    return messages::connect_blocking(from.host->system(), *from.porter, what);
  }

  messages::server_link link_with_tls(std::uint64_t message_bytes_max = messages::longest_frame) {
    actors::link_options options;
    options.name = "alpha";
    options.endpoint =
        actors::remote_endpoint{tls_port, files("client"), {{"server"}, {}, {}}, message_bytes_max};
    links.push_back(actors::spawn_server_link(client_node.host->system(), services(), std::move(options)));
    return links.back();
  }
  actors::services_ptr services() const {
    auto out = std::make_shared<actors::services>();
    out->compute = std::make_shared<worker_pool>(1);
    out->blocking = out->compute;
    out->random = std::make_shared<test::seeded_random>(1);
    out->metrics = std::make_shared<metrics::recorder>();
    out->porter = client_node.porter;
    return out;
  }
  /// Once its first try has ended.
  messages::introduction introduced(const messages::server_link& link) {
    messages::introduction out;
    caf::scoped_actor self(client_node.host->system());
    messages::request_blocking(
        self, link, 20s, messages::introduce{}, [&](const messages::introduction& x) { out = x; },
        [&](const caf::error& e) { ADD_FAILURE() << messages::describe(e, client_node.host->system()); });
    return out;
  }

  /// So many shares of so many bytes in one message.
  messages::write_answer written(const messages::server_link& link, std::uint8_t shares, std::size_t size) {
    grid::read_test_write x;
    for (std::uint8_t i = 0; i < shares; ++i)
      x.changes.push_back({share_number{i}, {}, {{0, shared_bytes(bytes(size))}}, std::nullopt});
    messages::write_answer out;
    caf::scoped_actor self(client_node.host->system());
    messages::request_blocking(
        self, link, 20s,
        messages::write_slot{std::make_shared<const grid::read_test_write>(std::move(x)), 10s},
        [&](const messages::write_answer& got) { out = got; },
        [&](const caf::error& e) { ADD_FAILURE() << messages::describe(e, client_node.host->system()); });
    return out;
  }

  test::folder place;
  test::script_ptr script = test::make_script(1);
  end server_node;
  end client_node;
  messages::storage_server server;
  std::vector<messages::server_link> links;
  address plain_port;
  address tls_port;
};

} // namespace

TEST_F(route, a_connection_of_its_own_with_tls_is_taken) {
  const auto link = link_with_tls();
  const auto who = introduced(link);
  EXPECT_TRUE(who.reachable) << who.detail;
  const auto found =
      messages::find_route_blocking(client_node.host->system(), server_node.host->system().node());
  EXPECT_EQ(found.kind, messages::route_kind::tls);
  EXPECT_TRUE(
      messages::is_still_the_route(client_node.host->system(), server_node.host->system().node(), found));
}

TEST_F(route, a_link_with_tls_says_nothing_over_a_plain_connection_that_was_there_before) {
  const auto before = connect(client_node, false, plain_port);
  ASSERT_TRUE(before) << to_string(before.error());
  const auto who = introduced(link_with_tls());
  EXPECT_FALSE(who.reachable);
  EXPECT_NE(who.detail.find("without TLS"), std::string::npos) << who.detail;
  EXPECT_EQ(script->hellos, 0U) << "not even the introduction";
}

TEST_F(route, a_link_with_tls_says_nothing_over_a_plain_connection_that_the_peer_made) {
  const auto other =
      messages::spawn<test::scripted_server_state>(client_node.host->system(), test::make_script(2));
  client_node.host->own(caf::actor_cast<caf::strong_actor_ptr>(other));
  ASSERT_TRUE(connect(server_node, false, publish(client_node, other, false)));
  const auto who = introduced(link_with_tls());
  EXPECT_FALSE(who.reachable);
  EXPECT_NE(who.detail.find("without TLS"), std::string::npos) << who.detail;
  EXPECT_EQ(script->hellos, 0U);
}

TEST_F(route, who_connects_with_tls_and_waits_is_told_as_well) {
  ASSERT_TRUE(connect(client_node, false, plain_port));
  const auto with_tls = connect(client_node, true, tls_port);
  ASSERT_FALSE(with_tls);
  EXPECT_NE(with_tls.error().detail.find("without TLS"), std::string::npos) << with_tls.error().detail;
}

TEST_F(route, a_plain_connection_made_later_changes_nothing) {
  const auto link = link_with_tls();
  ASSERT_TRUE(introduced(link).reachable);
  (void)connect(client_node, false, plain_port);
  const auto found =
      messages::find_route_blocking(client_node.host->system(), server_node.host->system().node());
  EXPECT_EQ(found.kind, messages::route_kind::tls);
  EXPECT_TRUE(introduced(link).reachable);
}

// What is longer than the door there lets pass would end the connection, and whatever is under way on it.
TEST_F(route, shares_that_are_too_much_for_one_message_are_refused_unsent_and_the_link_goes_on) {
  const auto link = link_with_tls(20'000);
  ASSERT_TRUE(introduced(link).reachable);
  const auto all = written(link, 5, 4000);
  EXPECT_EQ(all.how, messages::delivery::answered);
  EXPECT_EQ(all.answer.status, grid::storage_status::too_large);
  for (const auto* text : {"5 shares with 20000 bytes", "may have 20000", "nothing was sent", "more servers"})
    EXPECT_NE(all.answer.detail.find(text), std::string::npos) << all.answer.detail;
  EXPECT_EQ(script->writes.size(), 0U);
  const auto fewer = written(link, 3, 4000);
  EXPECT_EQ(fewer.answer.status, grid::storage_status::ok) << fewer.answer.detail;
  EXPECT_EQ(script->writes.size(), 1U);
  EXPECT_EQ(script->hellos, 1U) << "the connection is the first one";
}
