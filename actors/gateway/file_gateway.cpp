#include "truckee/actors/gateway/gateway_state.hpp"
#include "truckee/actors/gateway/key_maker.hpp"

#include <algorithm>

namespace truckee::actors {

namespace gateway {

state::state(shell<state>* self, services_ptr services, gateway_options options)
  : self_(self), services_(std::move(services)), options_(std::move(options)),
    table_(options_.limits.recent_max, options_.limits.refused_max),
    keys_(spawn_key_maker(self->system(), services_, options_.keys_ready)) {}

state::~state() {
  stopping_ = false; // it quits already
  const error why{errc::unreachable, "the gateway ended; what it was asked for may have been done or not"};
  while (!awaiting_keys_.empty())
    stop_key_wait(awaiting_keys_.begin()->first, why);
  // The last in line first, so that nobody's turn comes.
  auto ids = table_.ids();
  std::ranges::sort(ids, std::greater<>{});
  for (const auto id : ids) {
    auto* operation = table_.find(id);
    if (operation == nullptr)
      continue;
    if (operation->stop)
      operation->stop(errc::cancelled);
    const auto refuse = operation->refuse;
    refuse(why);
  }
  send_anonymously(caf::actor_cast<caf::actor>(keys_), stop{});
}

behavior<state::handle> state::make_behavior() {
  return {
      [this](const hello& x) { return on_hello(x); },
      [this](const publish_request& x) { return on_publish(x); },
      [this](const append_request& x) { return on_append(x); },
      [this](const retrieve_request& x) { return on_retrieve(x); },
      [this](const check_request& x) { return on_check(x); },
      [this](const repair_request& x) { return on_repair(x); },
      [this](const list_leases_request& x) { return on_list_leases(x); },
      [this](const cancel_request& x) { return on_cancel(x); },
      [this](const subscribe& x) { return on_subscribe(x); },
      [this](const unsubscribe& x) { return on_unsubscribe(x); },
      [this](const status_request&) { return on_status(); },
      [this](const operation_detail_request& x) { return on_detail(x.operation); },
      [this](const operation_progress& x) { on_progress(x); },
      [this](const publish_news& x) {
        if (auto* operation = table_.find(x.operation))
          operation->take(x.snapshot);
      },
      [this](const stop& x) { on_stop(x); },
      [](const continuation& rest) { rest.run(); },
  };
}

void state::on_down(const caf::actor_addr& who) {
  forget_listener(who);
}

operation_record state::new_record(operation_kind kind, operation_token token, std::uint64_t content_bytes) {
  return open_record(++last_id_, kind, token, content_bytes, *services_->time);
}

std::optional<error> state::cannot_enter(operation_token token, const caf::node_id& who) const {
  if (stopping_)
    return error{errc::refused, "the gateway is stopping"};
  if (table_.size() + awaiting_keys_.size() >= options_.limits.operations_max)
    return error{errc::refused, "too many operations are running and waiting; try again later"};
  const auto keys_of =
      std::ranges::count_if(awaiting_keys_, [&](const auto& x) { return x.second.caller == who; });
  if (who != self_->node() &&
      table_.count_from(who) + static_cast<std::size_t>(keys_of) >= options_.limits.operations_per_node_max)
    return error{errc::refused,
                 "too many operations of this caller are running and waiting; try again later"};
  const bool waits = std::ranges::any_of(awaiting_keys_, [&](const auto& x) {
    return token.value != 0 && x.second.record.event.token == token;
  });
  if (waits || table_.find(token))
    return error{errc::refused, "an operation with this token is running"};
  return std::nullopt;
}

void state::begin(std::uint64_t id) {
  auto* operation = table_.find(id);
  operation->running = true;
  stops_waiting(*operation);
  operation->event.text = "Starting";
  logs::say(services_->log, logs::events::operation_begun,
            {{"operation", id},
             {"kind", to_word(operation->event.kind)},
             {"slot", operation->event.slot},
             {"bytes", operation->event.bytes_total}});
  show(operation->event);
  // Copied: the operation may end, and be erased, while it begins.
  const auto go = operation->begin;
  go();
}

void state::stops_waiting(gateway_operation& operation) {
  if (operation.waiting_publish)
    services_->metrics->publish_stops_waiting();
  operation.waiting_publish = false;
}

void state::end(std::uint64_t id, const std::optional<error>& failure) {
  auto* operation = table_.find(id);
  if (operation == nullptr)
    return;
  stops_waiting(*operation);
  close_record(*operation, failure, services_->time->now());
  logs::say(services_->log, logs::events::operation_ended,
            {{"operation", id},
             {"kind", to_word(operation->event.kind)},
             {"slot", operation->event.slot},
             {"outcome", metrics::to_label(failure ? metrics::outcome(failure->code) : std::nullopt)},
             {"detail", failure ? failure->detail : std::string()},
             {"seconds", operation->event.seconds}});
  show(operation->event);
  if (const auto next = table_.leave(id))
    begin(*next);
  quit_when_idle();
}

void state::stop_operation(std::uint64_t id, errc reason) {
  if (awaiting_keys_.contains(id) || table_.find(id) != nullptr)
    logs::say(services_->log, logs::events::cancel_asked,
              {{"operation", id}, {"reason", metrics::to_label(metrics::outcome(reason))}});
  if (stop_key_wait(id, {reason, "stopped while it waited for its key; nothing was sent"}))
    return;
  auto* operation = table_.find(id);
  if (operation == nullptr)
    return;
  if (operation->stop)
    operation->stop(reason);
  else if (const auto refuse = operation->refuse)
    refuse({reason, reason == errc::timeout ? "it was not begun in the time it was given"
                                            : "it was cancelled before it began"});
}

void state::arm_deadline(std::uint64_t id, std::uint64_t timeout_ms) {
  send_later(self_, std::chrono::milliseconds(std::min<std::uint64_t>(timeout_ms, 86'400'000)),
             continuation{[this, id] { stop_operation(id, errc::timeout); }});
}

caf::result<cancel_answer> state::on_cancel(const cancel_request& x) {
  auto id = table_.find(x.token);
  for (const auto& [waiting, what] : awaiting_keys_)
    if (x.token.value != 0 && what.record.event.token == x.token)
      id = waiting;
  if (id)
    stop_operation(*id, errc::cancelled);
  else if (x.token.value != 0)
    remember_cancel(x.token);
  return cancel_answer{id.has_value()};
}

void state::remember_cancel(operation_token token) {
  early_cancels_.push_back(token);
  if (early_cancels_.size() > early_cancels_max)
    early_cancels_.pop_front();
}

void state::on_stop(const stop& x) {
  stopping_ = true;
  if (x.patience == duration::zero()) {
    self_->quit();
    return;
  }
  auto ids = table_.ids();
  for (const auto& [id, what] : awaiting_keys_)
    ids.push_back(id);
  for (const auto id : ids)
    stop_operation(id, x.reason);
  quit_when_idle();
}

void state::quit_when_idle() {
  if (stopping_ && table_.size() == 0 && awaiting_keys_.empty())
    self_->quit();
}

} // namespace gateway

messages::file_gateway spawn_file_gateway(caf::actor_system& system, services_ptr services,
                                          gateway_options options) {
  return messages::spawn<gateway::state>(system, std::move(services), std::move(options));
}

} // namespace truckee::actors
