#include "truckee/actors/gateway/early_cancels.hpp"

#include <algorithm>

namespace truckee::actors {

namespace {

auto of_node(const caf::node_id& node) {
  return [&node](const auto& x) { return x.first.compare(node) == 0; };
}

} // namespace

void early_cancels::remember(const caller& who, messages::operation_token token) {
  if (token.value == 0)
    return;
  const auto at = std::ranges::find_if(by_node_, of_node(who.node));
  tokens kept;
  if (at != by_node_.end()) {
    kept = std::move(at->second);
    by_node_.erase(at);
  }
  kept.push_back(token);
  if (kept.size() > of_one_node_max)
    kept.pop_front();
  by_node_.emplace_back(who.node, std::move(kept));
  if (by_node_.size() > nodes_max)
    by_node_.pop_front();
}

bool early_cancels::take(const caller& who, messages::operation_token token) {
  const auto at = std::ranges::find_if(by_node_, of_node(who.node));
  if (at == by_node_.end() || std::erase(at->second, token) == 0)
    return false;
  if (at->second.empty())
    by_node_.erase(at);
  return true;
}

} // namespace truckee::actors
