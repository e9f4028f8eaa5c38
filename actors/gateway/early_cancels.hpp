#pragma once

#include "truckee/actors/gateway/caller.hpp"

#include <deque>
#include <utility>

namespace truckee::actors {

/// Cancels that came before the requests they mean: another actor of the same node sends them. Kept by node,
/// so that no other node's cancels push them out; the oldest are forgotten. No actor, no I/O.
class early_cancels {
public:
  static constexpr std::size_t of_one_node_max = 64;
  static constexpr std::size_t nodes_max = 64;

  void remember(const caller& who, messages::operation_token token);
  /// Whether such a cancel came; it counts once.
  bool take(const caller& who, messages::operation_token token);

private:
  using tokens = std::deque<messages::operation_token>;
  std::deque<std::pair<caf::node_id, tokens>> by_node_; ///< the one that sent the last cancel at the end
};

} // namespace truckee::actors
