#include "truckee/actors/gateway/gateway_state.hpp"
#include "truckee/actors/gateway/key_maker.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/crypto/base32.hpp"

#include <algorithm>

namespace truckee::actors {

namespace gateway {

namespace {

/// What ends an operation that has not begun, as its refusal.
refusal refusal_by(errc reason) {
  switch (reason) {
  case errc::timeout:
    return refusal::timeout;
  case errc::cancelled:
    return refusal::cancelled;
  default:
    return refusal::stopping;
  }
}

const char* never_begun(errc reason) {
  return reason == errc::timeout ? "it was not begun in the time it was given; nothing was sent"
                                 : "it was cancelled before it began; nothing was sent";
}

} // namespace

state::state(shell<state>* self, services_ptr services, gateway_options options)
  : self_(self), services_(std::move(services)), options_(std::move(options)), limits_(options_.limits),
    own_limits_(services_->limits), admission_(options_.limits.admission),
    table_(options_.limits.recent_max, options_.limits.refused_max),
    servers_(std::make_shared<const std::vector<gateway_server>>(std::move(options_.servers))),
    keys_(options_.keys ? options_.keys : spawn_key_maker(self->system(), services_, options_.keys_ready)) {
  if (options_.grid)
    run_with(options_.grid);
}

state::~state() {
  for (const auto id : table_.ids()) {
    auto& x = *table_.find(id);
    stops_waiting(x);
    const auto* what = x.running
                           ? "the gateway ended while it ran: what was asked for may have been done or not"
                           : "the gateway ended before it began; nothing was sent";
    auto reply = failed(x.what, {errc::unreachable, what});
    if (auto* write = std::get_if<publish_reply>(&reply)) {
      write->operation = x.named;
      if (!x.running)
        write->became = effect_of_refusal(memory_.find(x.named));
    }
    for (auto& other : x.also)
      other.deliver(reply);
    x.back.deliver(std::move(reply));
    if (x.runner)
      send_anonymously(x.runner, stop{});
  }
  for (const auto& each : changes_)
    each.answer(
        {false, {errc::unreachable, "the gateway ended; what was asked for may be taken on or not"}, {}, {}});
  // One that is not its own is ended by whoever started it.
  if (!options_.keys)
    send_anonymously(caf::actor_cast<caf::actor>(keys_), stop{});
}

behavior<state::handle> state::make_behavior() {
  measure();
  return {
      [this](const hello& x) { return on_hello(x); },
      [this](const publish_request& x) { return take(x); },
      [this](const append_request& x) { return take(x); },
      [this](const retrieve_request& x) { return take(x); },
      [this](const check_request& x) { return take(x); },
      [this](const repair_request& x) { return take(x); },
      [this](const list_leases_request& x) { return take(x); },
      [this](const cancel_request& x) { return on_cancel(x); },
      [this](const subscribe& x) { return on_subscribe(x); },
      [this](const unsubscribe& x) { return on_unsubscribe(x); },
      [this](const status_request&) { return on_status(); },
      [this](const operation_detail_request& x) { return on_detail(x.operation); },
      [this](const change_request& x) { return on_change(x); },
      [this](const resolve_request& x) { return memory_.resolve(x); },
      [this](const operation_progress& x) { on_progress(x); },
      [this](const publish_news& x) {
        if (auto* operation = table_.find(x.operation))
          operation->take(x.snapshot);
      },
      [this](const stop& x) { on_stop(x); },
      [](const continuation& rest) { rest.run(); },
      [this](const use_grid& x) { return on_use_grid(x); },
  };
}

void state::arrive(gateway_request what, reply_promise back, const caller& from) {
  gateway_operation x;
  x.what = std::move(what);
  x.back = std::move(back);
  const auto facts = facts_of(x.what);
  static_cast<operation_record&>(x) =
      open_record(++last_id_, facts.kind, facts.token, facts.content_bytes, from, *services_->time);
  if (const auto* read = std::get_if<retrieve_request>(&x.what))
    x.reads_on = read->only_if.has_value();
  if (joins(x))
    return;
  if (auto no = refuses(x)) {
    turn_away(std::move(x), std::move(*no));
    return;
  }
  if (const auto write = name_of_write(x.what))
    memory_.begins(x.named, write->asked, facts.cap, x.event.operation);
  const auto id = x.event.operation;
  const bool new_file = makes_new_file(x.what);
  const auto timeout_ms = facts.timeout_ms;
  admission_.enter(from, facts.content_bytes);
  table_.add(std::move(x));
  if (timeout_ms > 0)
    arm_deadline(id, timeout_ms);
  if (new_file && !brought_key(table_.find(id)->what).empty())
    read_brought_key(id);
  else if (new_file)
    await_key(id);
  else
    line_up(*table_.find(id));
  measure();
}

bool state::joins(gateway_operation& x) {
  const auto write = name_of_write(x.what);
  if (!write)
    return false;
  x.named = write->id == operation_id{} ? services_->random->make<operation_id>() : write->id;
  const auto* known = memory_.find(x.named);
  if (known == nullptr)
    return false;
  if (known->asked != write->asked) {
    x.named = {}; // it is not that write
    turn_away(std::move(x), {refusal::token_in_use,
                             {errc::usage, "another write was asked for under this operation id before; "
                                           "an id stands for one write, with all its content"}});
    return true;
  }
  if (auto* runs = table_.find(known->running)) {
    if (runs->also.size() >= options_.limits.askers_again_max) {
      turn_away(std::move(x), {refusal::token_in_use,
                               {errc::refused, "this write runs, and is asked for too often while it does"}});
      return true;
    }
    runs->also.push_back(std::move(x.back));
    return true;
  }
  const bool settled = known->reply && !may_be_done_again(*known);
  if (settled)
    x.back.deliver(*known->reply);
  return settled;
}

std::optional<state::refused> state::refuses(gateway_operation& x) {
  if (auto bad = check_content(x.what, limits_.content_bytes_max))
    return refused{bad->reason, std::move(bad->why)};
  if (auto bad = check_place(x.what))
    return refused{refusal::unsupported, std::move(*bad)};
  const auto facts = facts_of(x.what);
  if (!makes_new_file(x.what) && !brought_key(x.what).empty())
    return refused{refusal::bad_capability,
                   {errc::usage,
                    "a private key is for a new file, and a capability names one that is there; give "
                    "one of them"}};
  if (makes_new_file(x.what) && brought_key(x.what).size() > crypto::pem_bytes_max)
    return refused{refusal::no_key, {errc::usage, "the private key is longer than any"}};
  if (!makes_new_file(x.what)) {
    auto access = shares::open_capability(facts.cap, facts.needed);
    if (!access)
      return refused{refusal::bad_capability, access.error()};
    x.access = std::move(*access);
    x.access.memory = proved_;
    x.event.slot = crypto::to_base32(x.access.slot.view()).substr(0, 5);
  }
  if (auto bad = check_lent(x.what, makes_new_file(x.what) ? format_of_new(x.what) : x.access.format))
    return refused{refusal::unsupported, std::move(*bad)};
  if (stopping_)
    return refused{refusal::stopping, {errc::refused, "the gateway is stopping"}};
  if (options_.read_only && facts.needed == shares::strength::write)
    return refused{
        refusal::read_only,
        {errc::read_only, "this gateway is read-only; its grid file says so ([client] read-only)"}};
  if (const auto full = admission_.refuses(x.from, facts.content_bytes))
    return no_room(x.from, *full);
  if (table_.find(x.from, facts.token))
    return refused{refusal::token_in_use, {errc::refused, "an operation with this token is running"}};
  if (early_cancels_.take(x.from, facts.token))
    return refused{refusal::cancelled, {errc::cancelled, never_begun(errc::cancelled)}};
  return std::nullopt;
}

state::refused state::no_room(const caller& who, refusal reason) const {
  const auto now = admission_.backlog(who, reason, services_->time->now());
  const auto* what = reason == refusal::too_many_operations  ? "too many operations are"
                     : reason == refusal::too_many_of_caller ? "too many operations of this caller are"
                     : reason == refusal::too_many_bytes     ? "too much content is"
                                                             : "too much content of this caller is";
  return {reason,
          {errc::refused, std::string(what) + " running and waiting; try again later, in " +
                              std::to_string((now.retry_after_ms + 999) / 1000) + " s (" +
                              std::to_string(now.operations) + " operations hold " +
                              std::to_string(now.content_bytes) + " bytes of content)"},
          now};
}

void state::await_key(std::uint64_t id) {
  auto* x = table_.find(id);
  x->event.text = "Waiting for a fresh key";
  show(*x);
  request(
      self_, keys_, duration(services_->limits.publish_deadline), take_key{},
      [this, id](const key_answer& answer) {
        auto* waited = table_.find(id);
        if (waited == nullptr)
          return; // stopped meanwhile; the key is lost with the file nobody wants
        if (!answer.key) {
          finish(id, failed(waited->what, answer.failure), refusal::no_key);
          return;
        }
        take_key_for(*waited, *answer.key);
      },
      [this, id](const caf::error& e) {
        if (const auto* waited = table_.find(id))
          finish(id,
                 failed(waited->what,
                        {errc::timeout, "no key for the new file: " + describe(e, self_->system())}),
                 refusal::no_key);
      });
}

void state::read_brought_key(std::uint64_t id) {
  auto* x = table_.find(id);
  x->event.text = "Reading its key";
  // The file may be there already, and a server that is slow to say who it is may be the only one that knows.
  x->wants_all = true;
  offload(
      self_, *services_->compute,
      [pem = secret_text(brought_key(x->what))] { return crypto::private_key::from_pem(pem); },
      [this, id](result<crypto::private_key>&& key) {
        auto* waited = table_.find(id);
        if (waited == nullptr)
          return;
        if (key)
          take_key_for(*waited, *key);
        else
          finish(id, failed(waited->what, {errc::usage, key.error().detail}), refusal::no_key);
      });
}

void state::take_key_for(gateway_operation& x, const crypto::private_key& key) {
  const crypto::file_keys keys(key);
  x.access = shares::access_to({format_of_new(x.what), keys.write, keys.fingerprint});
  x.access.memory = proved_;
  x.key = key;
  x.event.slot = crypto::to_base32(x.access.slot.view()).substr(0, 5);
  line_up(x);
}

void state::line_up(gateway_operation& x) {
  const auto id = x.event.operation;
  x.event.text = "Waiting";
  if (table_.line_up(id)) {
    begin(id);
    return;
  }
  x.publish_waits = writes(x.what);
  if (x.publish_waits)
    services_->metrics->publish_waits();
  logs::say(services_->log, logs::events::operation_waiting,
            {{"operation", id},
             {"kind", to_word(x.event.kind)},
             {"slot", x.event.slot},
             {"behind", table_.before(id)}});
  show(x);
}

void state::stops_waiting(gateway_operation& x) {
  if (std::exchange(x.publish_waits, false))
    services_->metrics->publish_stops_waiting();
}

void state::arm_deadline(std::uint64_t id, std::uint64_t timeout_ms) {
  table_.find(id)->deadline =
      send_later(self_, std::chrono::milliseconds(std::min<std::uint64_t>(timeout_ms, 86'400'000)),
                 continuation{[this, id] { stop_operation(id, errc::timeout); }});
}

void state::finish(std::uint64_t id, gateway_reply reply, std::optional<refusal> never_began) {
  auto left = table_.leave(id);
  if (!left)
    return;
  auto& x = left->operation;
  self_->cancel(x.deadline);
  const auto now = services_->time->now();
  admission_.leave(x.from, facts_of(x.what).content_bytes, now);
  stops_waiting(x);
  if (!never_began) {
    name_left_out(reply, x.left_out);
    name_file(reply, x.access);
  }
  if (auto* write = std::get_if<publish_reply>(&reply)) {
    if (never_began)
      write->became = effect_of_refusal(memory_.find(x.named));
    write->operation = x.named;
    memory_.ended(x.named, *write);
  }
  keep_facts(x, reply);
  const auto failure = failure_of(reply);
  const auto became = effect_of(reply);
  close_record(x, failure, became, now);
  count(x, failure, never_began, became);
  logs::say(services_->log, logs::events::operation_ended,
            {{"operation", id},
             {"kind", to_word(x.event.kind)},
             {"slot", x.event.slot},
             {"outcome", metrics::to_label(failure ? metrics::outcome(failure->code) : std::nullopt)},
             {"effect", became ? to_word(*became) : std::string_view()},
             {"detail", failure ? failure->detail : std::string()},
             {"seconds", x.event.seconds}});
  show(x);
  for (auto& other : x.also)
    other.deliver(reply);
  x.back.deliver(std::move(reply));
  table_.remember_ended(std::move(x));
  if (left->next)
    begin(*left->next);
  measure();
  end_retired();
  quit_when_idle();
}

void state::turn_away(gateway_operation x, refused no) {
  auto reply = failed(x.what, no.why, no.busy);
  if (auto* write = std::get_if<publish_reply>(&reply)) {
    const auto* known = memory_.find(x.named);
    write->became =
        known != nullptr && known->running != 0 ? effect::may_be_applied : effect_of_refusal(known);
    write->operation = x.named;
  }
  const auto became = effect_of(reply);
  logs::say(services_->log, logs::events::request_refused,
            {{"kind", to_word(x.event.kind)},
             {"outcome", metrics::to_label(metrics::outcome(no.why.code))},
             {"effect", became ? to_word(*became) : std::string_view()},
             {"detail", no.why.detail}});
  close_record(x, no.why, became, services_->time->now());
  count(x, no.why, no.reason, became);
  show(x);
  x.back.deliver(std::move(reply));
  table_.remember_refused(std::move(x));
}

/// What an operation's own actor does not count.
void state::count(const gateway_operation& x, const std::optional<error>& failure,
                  std::optional<refusal> never_began, std::optional<effect> became) {
  const auto kind = facts_of(x.what).kind;
  if (became)
    services_->metrics->write_became(*became);
  if (never_began)
    services_->metrics->never_began(kind, failure->code, *never_began);
  else if (!x.runner)
    services_->metrics->operation_ended(kind, failure ? metrics::outcome(failure->code) : std::nullopt,
                                        std::chrono::duration<double>(x.event.seconds));
}

void state::stop_operation(std::uint64_t id, errc reason) {
  const auto* x = table_.find(id);
  if (x == nullptr)
    return;
  logs::say(services_->log, logs::events::cancel_asked,
            {{"operation", id}, {"reason", metrics::to_label(metrics::outcome(reason))}});
  if (x->runner)
    send(self_, x->runner, stop{reason});
  else if (x->begun) // no actor of its own
    finish(id, failed(x->what, {reason, "it was ended before all servers had answered"}));
  else
    finish(id, failed(x->what, {reason, never_begun(reason)}),
           stopping_ ? refusal::stopping : refusal_by(reason));
}

caf::result<cancel_answer> state::on_cancel(const cancel_request& x) {
  const auto who = asking();
  const auto found = x.operation != 0 ? table_.numbered(who, x.operation) : table_.all_with(who, x.token);
  const auto* own = x.operation != 0 ? nullptr : table_.find(who, x.token);
  if (own != nullptr || found.allowed.size() == 1) {
    stop_operation(own != nullptr ? own->event.operation : found.allowed.front(), errc::cancelled);
    return cancel_answer{true};
  }
  // It may have overtaken the request it means: another actor sends it.
  early_cancels_.remember(who, x.token);
  if (found.allowed.size() > 1)
    return cancel_answer{false,
                         {errc::refused, "several operations have this token; name one by its number"}};
  if (!found.forbidden.empty())
    return cancel_answer{false, {errc::refused, "it is another caller's operation"}};
  return cancel_answer{false, {errc::not_found, "there is no such operation, or it has ended"}};
}

void state::on_stop(const stop& x) {
  stopping_ = true;
  if (x.patience == duration::zero()) {
    self_->quit();
    return;
  }
  for (const auto id : table_.ids())
    stop_operation(id, x.reason);
  quit_when_idle();
}

void state::quit_when_idle() {
  if (stopping_ && table_.size() == 0)
    self_->quit();
}

} // namespace gateway

messages::file_gateway spawn_file_gateway(caf::actor_system& system, services_ptr services,
                                          gateway_options options) {
  return messages::spawn<gateway::state>(system, std::move(services), std::move(options));
}

} // namespace truckee::actors
