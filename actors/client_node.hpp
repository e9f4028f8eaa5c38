#pragma once

#include "actors/file_gateway.hpp"
#include "actors/node.hpp"
#include "actors/server_link.hpp"

#include <filesystem>

namespace truckee::actors {

struct client_options {
  grid::grid_config grid;
  /// Where the lease secret is kept unless the grid file names a file; made when absent.
  std::filesystem::path data_home;
  node_options node;
  storage::durability durability = storage::durability::full; ///< of embedded servers
  std::uint32_t keys_ready = 0; ///< fresh RSA keys; the grid file's setting wins
};

/// A client: links to every configured server (embedded ones run inside), and the gateway in front of them.
///
///     auto client = actors::client_node::start({.grid = grid::embedded_grid(home), .data_home = home});
///     self->request((*client)->gateway(), timeout, messages::publish_request{...});
class client_node {
public:
  static result<std::unique_ptr<client_node>> start(client_options options);
  /// Running operations are asked to end well, and waited for.
  ~client_node();
  client_node(const client_node&) = delete;
  client_node& operator=(const client_node&) = delete;

  const messages::file_gateway& gateway() const { return gateway_; }
  caf::actor_system& system() { return node_->system(); }
  node& owner() { return *node_; }

private:
  explicit client_node(std::unique_ptr<node> n) : node_(std::move(n)) {}
  result<messages::server_link> link_to(const grid::server_config& server, const client_options& options);

  std::unique_ptr<node> node_;
  std::unique_ptr<world> world_;
  messages::file_gateway gateway_;
};

} // namespace truckee::actors
