#pragma once

#include "truckee/actors/node/version.hpp"
#include "truckee/base/result.hpp"
#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/types.hpp"
#include "truckee/tls/node_files.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace truckee::actors {

/// What a node is started with.
struct node_options {
  std::optional<tls::node_files> tls; ///< nothing: connections are plain
};

/// An actor system of our own, for programs that have none. Nothing in it can be spawned or configured by a
/// peer.
class node {
public:
  /// errc::configuration where the TLS files would make CAF end the process.
  static result<std::unique_ptr<node>> start(const node_options& options = {});
  /// Ends what it owns, and waits for every actor.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  caf::actor_system& system() { return *system_; }
  const std::optional<tls::node_files>& tls() const { return tls_; }

  /// Ends this actor when the node ends.
  void own(caf::strong_actor_ptr actor) { owned_.push_back(std::move(actor)); }

private:
  explicit node(const node_options& options);

  std::optional<tls::node_files> tls_;
  messages::system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::vector<caf::strong_actor_ptr> owned_;
};

} // namespace truckee::actors
