#pragma once

#include "truckee/messages/types.hpp"

#include <functional>

namespace truckee::actors {

/// Who asks. Another node is one caller, whatever actors it has: a program asks by one and cancels by another.
/// Of the gateway's own node each actor is a caller by itself. Nobody (no node) stands for all messages that
/// name no sender.
struct caller {
  caf::node_id node;
  caf::actor_id actor = 0; ///< of the gateway's own node, else 0
  bool local = false;      ///< of the gateway's own node

  friend bool operator==(const caller& a, const caller& b) {
    return a.node.compare(b.node) == 0 && a.actor == b.actor;
  }
  friend bool operator<(const caller& a, const caller& b) {
    const int nodes = a.node.compare(b.node);
    return nodes != 0 ? nodes < 0 : a.actor < b.actor;
  }
};

inline caller caller_of(const caf::strong_actor_ptr& sender, const caf::node_id& here) {
  if (!sender)
    return {};
  const bool local = sender->node().compare(here) == 0;
  return {sender->node(), local ? sender->id() : 0, local};
}

/// A number for it; two callers with one number would only share their turns.
inline std::uint64_t number_of(const caller& who) {
  return who.local ? who.actor : std::hash<caf::node_id>{}(who.node);
}

/// Whether `who` may end the other's operations and see their tokens: its own, and as an actor of the
/// gateway's own node everybody's.
inline bool may_handle(const caller& who, const caller& owner) {
  return who.local || (who.node && who.node.compare(owner.node) == 0);
}

} // namespace truckee::actors
