#include "truckee/actors/gateway/gateway_state.hpp"

#include <algorithm>

namespace truckee::actors::gateway {

caf::result<greeting> state::on_hello(const hello& x) const {
  if (const auto other = mismatch(x, gateway_protocol, "gateway")) {
    logs::say(services_->log, logs::events::peer_refused, {{"what", "gateway"}, {"reason", *other}});
    return refuse(*other);
  }
  return greeting{gateway_protocol, software_name()};
}

void state::on_down(const caf::actor_addr& who) {
  forget_listener(who);
}

bool state::forget_listener(const caf::actor_addr& who) {
  const auto is_it = [&](const subscriber& x) { return same_actor(x.asked.listener.address(), who); };
  if (std::erase_if(subscribers_, is_it) == 0)
    return false;
  logs::say(services_->log, logs::events::subscriber_left, {{"subscribers", subscribers_.size()}});
  measure();
  return true;
}

caf::result<subscribe_answer> state::on_unsubscribe(const unsubscribe& x) {
  return subscribe_answer{x.listener && forget_listener(x.listener.address())};
}

caf::result<subscribe_answer> state::on_subscribe(const subscribe& x) {
  const auto before = std::ranges::find_if(subscribers_, [&](const subscriber& known) {
    return x.listener && same_actor(known.asked.listener.address(), x.listener.address());
  });
  if (before != subscribers_.end()) {
    before->asked.only = x.only;
    return subscribe_answer{true};
  }
  if (!x.listener || subscribers_.size() >= limits_.subscribers_max) {
    logs::say(services_->log, logs::events::subscriber_refused, {{"subscribers", subscribers_.size()}});
    return subscribe_answer{false};
  }
  const auto listens = caf::actor_cast<caf::strong_actor_ptr>(x.listener);
  subscribers_.push_back({x, caller_of(listens, self_->node())});
  logs::say(services_->log, logs::events::subscriber_joined, {{"subscribers", subscribers_.size()}});
  self_->watch(x.listener);
  measure();
  return subscribe_answer{true};
}

void state::on_progress(const operation_progress& x) {
  auto* operation = table_.find(x.operation);
  if (operation == nullptr)
    return;
  auto& event = operation->event;
  event.text = x.text;
  event.progress = std::max(event.progress, x.progress);
  event.goal = x.goal;
  event.placed = x.placed;
  event.outstanding = x.outstanding;
  if (x.bytes_total > 0) {
    event.bytes_total = x.bytes_total;
    event.bytes_done = x.bytes_done;
  }
  if (x.segments_total > 0) {
    event.segments_total = x.segments_total;
    event.segments_done = x.segments_done;
  }
  show(*operation);
}

void state::show(const operation_record& record) {
  for (const auto& each : subscribers_) {
    auto event = event_for(each.who, record, services_->time->now());
    if (each.asked.only.value == 0 || each.asked.only == event.token)
      send(self_, each.asked.listener, std::move(event));
  }
}

/// What is here now, for whoever scrapes.
void state::measure() {
  metrics::gateway_load now;
  now.subscribers = subscribers_.size();
  now.callers = admission_.callers();
  now.waiting = table_.waiting();
  now.oldest_waiting_ms = table_.oldest_waiting_ms().value_or(0);
  now.held_bytes = admission_.held_bytes();
  now.held_bytes_max = admission_.limits().held_bytes_max;
  services_->metrics->gateway_holds(now);
}

std::size_t state::servers_that_confirm() const {
  const bool two_sets = options_.grid && options_.grid->exchange;
  const auto servers = servers_->size() - (two_sets ? 1 : 0);
  const auto confirm = grid::servers_that_confirm(options_.defaults.needed, options_.defaults.total, servers,
                                                  *options_.strict);
  if (!confirm)
    return options_.defaults.happy;
  // Of each set; where none can be spared, that is all of both.
  return *confirm + (two_sets && *confirm == servers ? 1 : 0);
}

caf::result<status_reply> state::on_status() {
  const auto viewer = asking();
  auto promise = self_->template make_response_promise<status_reply>();
  auto reply = std::make_shared<status_reply>();
  table_.report(*reply, viewer, services_->time->now());
  reply->defaults = options_.defaults;
  if (options_.strict) // as many as confirm a version: with fewer nothing is written
    reply->defaults.happy = static_cast<std::uint8_t>(servers_that_confirm());
  reply->order = options_.strict ? shares_order::strict : shares_order::in_place;
  reply->subscribers = static_cast<std::uint32_t>(subscribers_.size());
  gather<link_report>(
      self_, servers_->size(), std::chrono::seconds(1), [this](std::size_t i) { return (*servers_)[i].link; },
      [](std::size_t) { return link_status{}; },
      [this, promise, reply, asked = servers_](const gathered<link_report>& answers) mutable {
        for (std::size_t i = 0; i < answers.size(); ++i) {
          auto report = answers[i].value_or(link_report{{}, {}, {}, link_state::unknown, "no answer", 0, 0});
          report.server = (*asked)[i].name;
          reply->servers.push_back(std::move(report));
        }
        count_keys_and_deliver(promise, reply);
      });
  return promise;
}

caf::result<operation_detail> state::on_detail(std::uint64_t id) const {
  const auto* record = table_.record(id);
  if (record == nullptr)
    return operation_detail{};
  std::vector<std::string> servers;
  for (const auto& server : *servers_)
    servers.push_back(server.name);
  return detail_of(*record, asking(), servers, services_->time->now());
}

void state::count_keys_and_deliver(caf::typed_response_promise<status_reply>& promise,
                                   const std::shared_ptr<status_reply>& reply) {
  request(
      self_, keys_, std::chrono::seconds(1), count_keys{},
      [promise, reply](const key_count& x) mutable {
        reply->keys_ready = x.ready;
        promise.deliver(std::move(*reply));
      },
      [promise, reply](const caf::error&) mutable { promise.deliver(std::move(*reply)); });
}

} // namespace truckee::actors::gateway
