#include "truckee/actors/gateway/operation_table.hpp"

#include <algorithm>

namespace truckee::actors {

void operation_table::add(gateway_operation operation) {
  const auto id = operation.event.operation;
  waiting_.insert(id);
  operations_.emplace(id, std::move(operation));
}

bool operation_table::line_up(std::uint64_t id) {
  auto& operation = operations_.at(id);
  operation.in_line = true;
  auto& turns = turns_[operation.access.slot];
  turns.push_back(id);
  return turns.size() == 1;
}

void operation_table::begins(std::uint64_t id) {
  operations_.at(id).running = true;
  waiting_.erase(id);
}

std::optional<std::uint64_t> operation_table::oldest_waiting_ms() const {
  return waiting_.empty() ? std::nullopt : std::optional(operations_.at(*waiting_.begin()).event.started_ms);
}

gateway_operation* operation_table::find(std::uint64_t id) {
  const auto at = operations_.find(id);
  return at == operations_.end() ? nullptr : &at->second;
}

gateway_operation* operation_table::find(const caller& who, messages::operation_token token) {
  if (token.value == 0)
    return nullptr;
  const auto at = std::ranges::find_if(
      operations_, [&](const auto& x) { return x.second.event.token == token && x.second.from == who; });
  return at == operations_.end() ? nullptr : &at->second;
}

operation_table::namesakes operation_table::all_with(const caller& who,
                                                     messages::operation_token token) const {
  namesakes out;
  if (token.value == 0)
    return out;
  for (const auto& [id, operation] : operations_)
    if (operation.event.token == token)
      (may_handle(who, operation.from) ? out.allowed : out.forbidden).push_back(id);
  return out;
}

operation_table::namesakes operation_table::numbered(const caller& who, std::uint64_t id) const {
  namesakes out;
  if (const auto at = operations_.find(id); at != operations_.end())
    (may_handle(who, at->second.from) ? out.allowed : out.forbidden).push_back(id);
  return out;
}

std::optional<operation_table::departure> operation_table::leave(std::uint64_t id) {
  const auto at = operations_.find(id);
  if (at == operations_.end())
    return std::nullopt;
  departure out{std::move(at->second), std::nullopt};
  operations_.erase(at);
  waiting_.erase(id);
  if (!out.operation.in_line)
    return out;
  const auto turns = turns_.find(out.operation.access.slot);
  const bool was_first = turns->second.front() == id;
  std::erase(turns->second, id);
  if (turns->second.empty())
    turns_.erase(turns);
  else if (was_first)
    out.next = turns->second.front();
  return out;
}

std::vector<std::uint64_t> operation_table::ids() const {
  std::vector<std::uint64_t> out;
  for (const auto& [id, operation] : operations_)
    out.push_back(id);
  return out;
}

bool operation_table::uses(const messages::server_link& link) const {
  const auto is_it = [&](const gateway_server& x) {
    return messages::same_actor(x.link.address(), link.address());
  };
  return std::ranges::any_of(operations_, [&](const auto& x) {
    return x.second.servers && std::ranges::any_of(*x.second.servers, is_it);
  });
}

std::uint64_t operation_table::before(std::uint64_t id) const {
  return turns_.at(operations_.at(id).access.slot).front();
}

void operation_table::report(messages::status_reply& out, const caller& viewer,
                             operation_record::clock::time_point now) const {
  for (const auto& [id, operation] : operations_)
    (operation.running ? out.running : out.waiting).push_back(event_for(viewer, operation, now));
  for (const auto& each : recent_)
    out.recent.push_back(event_for(viewer, each.record, now));
}

void operation_table::remember(operation_record record, bool refused) {
  // A file that is read part by part under one token is one entry.
  if (const auto& now = record; now.reads_on && now.event.token.value != 0 && now.event.ok)
    std::erase_if(recent_, [&](const ended& each) {
      const auto& then = each.record;
      return then.event.kind == now.event.kind && then.event.token == now.event.token &&
             then.from == now.from && then.event.ok;
    });
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
