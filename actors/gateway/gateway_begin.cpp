#include "truckee/actors/gateway/gateway_state.hpp"

#include <fmt/format.h>

namespace truckee::actors::gateway {

void state::begin(std::uint64_t id) {
  table_.begins(id);
  auto* x = table_.find(id);
  stops_waiting(*x);
  x->event.text = "Starting";
  logs::say(services_->log, logs::events::operation_begun,
            {{"operation", id},
             {"kind", to_word(x->event.kind)},
             {"slot", x->event.slot},
             {"bytes", x->event.bytes_total}});
  show(*x);
  x->servers = servers_;
  call_servers(id);
}

/// A roll call that is on.
struct state::roll {
  roll_call who;
  time_source::time_point start;
  deadline_ticket patience = {};
  bool grows_impatient = false;
  bool over = false;
};

/// Asks the operation's servers who they are.
void state::call_servers(std::uint64_t id) {
  const auto* x = table_.find(id);
  const auto servers = x->servers;
  const auto enough = x->wants_all ? 0
                                   : servers_to_begin(x->event.kind, makes_new_file(x->what),
                                                      spread_of(x->what, options_.defaults), servers->size());
  const auto on = std::make_shared<roll>(roll{{servers->size(), enough}, services_->time->now()});
  for (std::size_t i = 0; i < servers->size(); ++i) {
    const auto arrived = [this, id, on, i](result<introduction> answer) {
      on->who.arrived(i, std::move(answer));
      look_at(id, on);
    };
    request(
        self_, (*servers)[i].link, limits_.introduction_timeout, introduce{},
        [arrived](const introduction& answer) { arrived(answer); },
        [this, arrived](const caf::error& e) { arrived(tl::unexpected(as_error(e, self_->system()))); });
  }
  look_at(id, on);
}

/// Begins when all have answered; or when enough have, and the others are much slower.
void state::look_at(std::uint64_t id, const std::shared_ptr<roll>& on) {
  if (on->over)
    return;
  if (on->who.all()) {
    begin_with(id, on);
  } else if (on->who.enough() && !std::exchange(on->grows_impatient, true)) {
    const std::chrono::duration<double> took = services_->time->now() - on->start;
    on->patience = self_->after(services_->limits.patience(took), [this, id, on] { begin_with(id, on); });
  }
}

void state::begin_with(std::uint64_t id, const std::shared_ptr<roll>& on) {
  on->over = true;
  self_->cancel(on->patience);
  auto* begun = table_.find(id);
  if (begun == nullptr)
    return; // cancelled meanwhile
  begun->left_slow = !on->who.all();
  auto roster = make_roster(
      *begun->servers,
      on->who.take(fmt::format("it did not say who it is within {:.2g} s; not waited for any longer",
                               services_->time->seconds_since(on->start))));
  begun->begun = services_->time->now();
  begun->problems = roster.left_out;
  begun->left_out = std::move(roster.left_out);
  if (roster.servers->entries().empty())
    finish(id,
           failed(begun->what,
                  {errc::not_enough_servers, "no server can be reached: " + in_words(begun->left_out)}),
           refusal::no_servers);
  else
    start(*begun, std::move(roster.servers));
}

bool state::again_with_all(std::uint64_t id, const gateway_reply& reply) {
  auto* x = table_.find(id);
  if (x == nullptr || !x->left_slow || x->wants_all)
    return false;
  const auto failure = failure_of(reply);
  if (!failure || !may_lack_servers(*failure, effect_of(reply)))
    return false;
  x->runner = stoppable{};
  x->wants_all = true;
  call_servers(id);
  return true;
}

} // namespace truckee::actors::gateway
