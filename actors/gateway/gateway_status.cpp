#include "truckee/actors/gateway/gateway_state.hpp"

namespace truckee::actors::gateway {

caf::result<greeting> state::on_hello(const hello& x) const {
  if (const auto other = mismatch(x, gateway_protocol, "gateway")) {
    logs::say(services_->log, logs::events::peer_refused, {{"what", "gateway"}, {"reason", *other}});
    return refuse(*other);
  }
  return greeting{gateway_protocol, software_name()};
}

bool state::forget_listener(const caf::actor_addr& who) {
  const bool known = std::erase_if(listeners_, [&](const subscribe& x) {
                       return same_actor(x.listener.address(), who);
                     }) > 0;
  if (known)
    logs::say(services_->log, logs::events::subscriber_left, {{"subscribers", listeners_.size()}});
  return known;
}

caf::result<subscribe_answer> state::on_unsubscribe(const unsubscribe& x) {
  return subscribe_answer{x.listener && forget_listener(x.listener.address())};
}

caf::result<subscribe_answer> state::on_subscribe(const subscribe& x) {
  const auto before = std::ranges::find_if(listeners_, [&](const subscribe& known) {
    return x.listener && same_actor(known.listener.address(), x.listener.address());
  });
  if (before != listeners_.end()) {
    before->only = x.only;
    return subscribe_answer{true};
  }
  if (!x.listener || listeners_.size() >= options_.limits.subscribers_max) {
    logs::say(services_->log, logs::events::subscriber_refused, {{"subscribers", listeners_.size()}});
    return subscribe_answer{false};
  }
  listeners_.push_back(x);
  logs::say(services_->log, logs::events::subscriber_joined, {{"subscribers", listeners_.size()}});
  self_->watch(x.listener);
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
  event.seconds = services_->time->seconds_since(operation->asked);
  show(event);
}

void state::show(const progress_event& event) {
  for (const auto& x : listeners_)
    if (x.only.value == 0 || x.only == event.token)
      send(self_, x.listener, event);
}

caf::result<status_reply> state::on_status() {
  auto promise = self_->template make_response_promise<status_reply>();
  auto reply = std::make_shared<status_reply>();
  const auto now = services_->time->now();
  table_.report(*reply, now);
  for (const auto& [id, what] : awaiting_keys_)
    reply->waiting.push_back(event_at(what.record, now));
  reply->defaults = options_.defaults;
  reply->subscribers = static_cast<std::uint32_t>(listeners_.size());
  gather<link_report>(
      self_, options_.servers.size(), std::chrono::seconds(1),
      [this](std::size_t i) { return options_.servers[i].link; }, [](std::size_t) { return link_status{}; },
      [this, promise, reply](const gathered<link_report>& answers) mutable {
        for (std::size_t i = 0; i < answers.size(); ++i) {
          auto report = answers[i].value_or(link_report{{}, {}, {}, link_state::unknown, "no answer", 0, 0});
          report.server = options_.servers[i].name;
          reply->servers.push_back(std::move(report));
        }
        count_keys_and_deliver(promise, reply);
      });
  return promise;
}

caf::result<operation_detail> state::on_detail(std::uint64_t id) const {
  const auto waiting = awaiting_keys_.find(id);
  const auto* record = waiting == awaiting_keys_.end() ? table_.record(id) : &waiting->second.record;
  if (record == nullptr)
    return operation_detail{};
  std::vector<std::string> servers;
  for (const auto& server : options_.servers)
    servers.push_back(server.name);
  return detail_of(*record, servers, services_->time->now());
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
