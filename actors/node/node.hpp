#pragma once

#include "truckee/actors/node/version.hpp"
#include "truckee/base/result.hpp"
#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/types.hpp"

#include <memory>
#include <vector>

namespace truckee::actors {

/// An actor system of our own, for programs that have none. Nothing in it can be spawned or configured by a
/// peer.
class node {
public:
  /// errc::configuration where the machine lacks an algorithm.
  static result<std::unique_ptr<node>> start();
  /// Ends what it owns, and waits for every actor.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  caf::actor_system& system() { return *system_; }

  /// Ends this actor when the node ends.
  void own(caf::strong_actor_ptr actor) { owned_.push_back(std::move(actor)); }

private:
  node();

  messages::system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::vector<caf::strong_actor_ptr> owned_;
};

} // namespace truckee::actors
