#pragma once

#include "truckee/actors/gateway/file_gateway.hpp"
#include "truckee/actors/links/server_link.hpp"
#include "truckee/actors/node/node.hpp"
#include "truckee/settings/grid_file.hpp"

#include <filesystem>

namespace truckee::actors {

struct client_options {
  settings::grid_config grid = {};
  /// Where the lease secret is kept unless the grid file names a file; made when absent.
  std::filesystem::path data_home = {};
  node_options node = {};
  storage::durability durability = storage::durability::full; ///< of embedded servers
  std::uint32_t keys_ready = 0; ///< fresh RSA keys; the grid file's setting wins
  /// Memory of ended publishes kept for the next ones: fresh pages cost more than filling them. Enough for
  /// the shares of 16 MiB at 3-of-10, twice.
  std::size_t kept_buffer_bytes_max = std::size_t{128} << 20;
};

/// A client: links to every configured server (embedded ones run inside), and the gateway in front of them.
/// examples/embed.cpp is a whole program around it.
class client_node {
public:
  static result<std::unique_ptr<client_node>> start(client_options options);
  /// Running operations are asked to end well, and waited for.
  ~client_node();
  client_node(const client_node&) = delete;
  client_node& operator=(const client_node&) = delete;

  /// Asks the gateway and waits, in a thread that may block. An operation ends by its own deadlines; the
  /// reply says how. Safe from several threads.
  messages::publish_reply ask(messages::publish_request request);
  messages::retrieve_reply ask(messages::retrieve_request request);
  messages::check_reply ask(messages::check_request request);

  /// The actor behind ask(), for actors, which must not block: messages::request(self, client.gateway(),
  /// ...).
  const messages::file_gateway& gateway() const { return gateway_; }
  caf::actor_system& system() { return node_->system(); }
  node& owner() { return *node_; }

private:
  explicit client_node(std::unique_ptr<node> n) : node_(std::move(n)) {}
  result<messages::server_link> link_to(const settings::server_config& server, const client_options& options);

  services_ptr services_;
  std::unique_ptr<node> node_;
  messages::file_gateway gateway_;
};

} // namespace truckee::actors
