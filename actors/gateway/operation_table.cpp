#include "truckee/actors/gateway/operation_table.hpp"

#include <algorithm>

namespace truckee::actors {

bool operation_table::enter(std::uint64_t id, gateway_operation operation) {
  auto& turns = turns_[operation.slot];
  turns.push_back(id);
  operations_.emplace(id, std::move(operation));
  return turns.size() == 1;
}

gateway_operation* operation_table::find(std::uint64_t id) {
  const auto at = operations_.find(id);
  return at == operations_.end() ? nullptr : &at->second;
}

std::optional<std::uint64_t> operation_table::find(messages::operation_token token) const {
  if (token.value == 0)
    return std::nullopt;
  for (const auto& [id, operation] : operations_)
    if (operation.event.token == token)
      return id;
  return std::nullopt;
}

std::optional<std::uint64_t> operation_table::leave(std::uint64_t id) {
  const auto at = operations_.find(id);
  if (at == operations_.end())
    return std::nullopt;
  remember(at->second, false);
  const auto turns = turns_.find(at->second.slot);
  operations_.erase(at);
  const bool was_first = turns->second.front() == id;
  std::erase(turns->second, id);
  if (turns->second.empty()) {
    turns_.erase(turns);
    return std::nullopt;
  }
  return was_first ? std::optional(turns->second.front()) : std::nullopt;
}

std::vector<std::uint64_t> operation_table::ids() const {
  std::vector<std::uint64_t> out;
  for (const auto& [id, operation] : operations_)
    out.push_back(id);
  return out;
}

std::uint64_t operation_table::before(std::uint64_t id) const {
  return turns_.at(operations_.at(id).slot).front();
}

std::size_t operation_table::count_from(const caf::node_id& caller) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(operations_, [&](const auto& x) { return x.second.caller == caller; }));
}

void operation_table::report(messages::status_reply& out, operation_record::clock::time_point now) const {
  for (const auto& [id, operation] : operations_)
    (operation.running ? out.running : out.waiting).push_back(event_at(operation, now));
  for (const auto& each : recent_)
    out.recent.push_back(each.record.event);
}

void operation_table::remember_refused(operation_record record) {
  remember(std::move(record), true);
}

void operation_table::remember(operation_record record, bool refused) {
  recent_.push_front({std::move(record), refused});
  const auto same = [refused](const ended& each) { return each.refused == refused; };
  if (std::ranges::count_if(recent_, same) <=
      static_cast<std::ptrdiff_t>(refused ? refused_max_ : recent_max_))
    return;
  const auto oldest = std::find_if(recent_.rbegin(), recent_.rend(), same);
  recent_.erase(std::next(oldest).base());
}

const operation_record* operation_table::record(std::uint64_t id) const {
  if (const auto at = operations_.find(id); at != operations_.end())
    return &at->second;
  const auto at =
      std::ranges::find_if(recent_, [id](const ended& x) { return x.record.event.operation == id; });
  return at == recent_.end() ? nullptr : &at->record;
}

} // namespace truckee::actors
