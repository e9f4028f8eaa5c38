#include "simulation/actors/client.hpp"

#include "truckee/actors/operations/file_writer.hpp"
#include "truckee/grid/happiness.hpp"

namespace truckee::simulation {

using namespace truckee::messages;
using grid::file_version;

namespace {

/// Far beyond what any operation needs; one that reaches it hangs.
constexpr sim_time operation_limit = 3600 * second;
/// An operation that was given so much time answers at the latest so long after.
constexpr sim_time timeout_grace = 1 * second;
/// One that was cancelled may first make a version readable; its publish has a deadline of its own.
constexpr sim_time cancel_grace = 302 * second;

/// The tail of a longer share that was there before stays behind; no reader looks at it.
bool begins_with(byte_view stored, byte_view sent) {
  return stored.size() >= sent.size() && equal(stored.first(sent.size()), sent);
}

std::string name_of(std::size_t server) {
  return "s" + std::to_string(server);
}

} // namespace

bytes content_of(std::size_t filler, const std::vector<update_id>& updates) {
  bytes out(filler, std::byte{0xee});
  for (const auto update : updates) {
    std::array<std::byte, 4> word{};
    store_be(mutable_byte_view(word), update);
    out.insert(out.end(), word.begin(), word.end());
  }
  return out;
}

std::optional<std::vector<update_id>> updates_in(byte_view content, std::size_t filler) {
  if (content.size() < filler || (content.size() - filler) % 4 != 0 ||
      std::ranges::any_of(content.first(filler), [](std::byte b) { return b != std::byte{0xee}; }))
    return std::nullopt;
  std::vector<update_id> out;
  for (auto at = filler; at < content.size(); at += 4)
    out.push_back(load_be<update_id>(content.subspan(at, 4)));
  return out;
}

client::client(client_place place, client_plan plan, std::uint64_t seed, finished done)
  : place_(place), plan_(std::move(plan)), done_(std::move(done)), id_(place.truth.add_writer()), dice_(seed),
    services_(std::make_shared<actors::services>(*place.services)), wires_(place.truth, place.wires, id_) {
  services_->random = std::make_shared<seeded>(seed + 1);
  services_->lease = services_->random->make<crypto::lease_secret>();
  services_->limits = place_.truth.limits();
  services_->budget = place_.budget;
  auto port = std::make_shared<client_port>(
      client_port{place_.truth, wires_, id_, [this](bool) { return may_send(); }});
  actors::gateway_options options;
  const auto& s = place_.truth.conditions();
  options.defaults = {s.k, s.n, s.happy};
  options.strict = s.strict;
  for (std::size_t i = 0; i < place_.truth.order().size(); ++i) {
    links_.push_back(spawn_faulty_link(place_.system.system(), port, place_.truth.order()[i]));
    options.servers.push_back({name_of(i), links_.back(), false, std::nullopt});
    if (s.strict) // else a server that is away could not be counted
      options.servers.back().pinned = place_.truth.order()[i];
  }
  gateway_ = actors::spawn_file_gateway(place_.system.system(), services_, std::move(options));
}

void client::start(sim_time delay) {
  place_.truth.clock().after(delay, [this] { next(); });
}

void client::end() {
  if (ended_)
    return;
  ended_ = true;
  if (!crashed_)
    send_anonymously(caf::actor_cast<caf::actor>(gateway_), stop{});
  for (const auto& link : links_)
    place_.system.kill(link);
  links_.clear();
  gateway_ = file_gateway{};
}

bool client::may_send() {
  if (crashed_ || ended_)
    return false;
  if (plan_.crash_at && sent_++ >= *plan_.crash_at) {
    crash();
    return false;
  }
  return true;
}

/// The process is gone: nothing it has not sent will be sent.
void client::crash() {
  crashed_ = true;
  ++number_;
  ++place_.truth.counts().faults.at(static_cast<std::size_t>(fault::writer_crash));
  ++place_.truth.counts().crashed;
  wires_.operation_ends();
  place_.system.kill(gateway_);
  for (const auto& link : links_)
    place_.system.kill(link);
  place_.truth.clock().after(0, [this] { done_(*this); });
}

void client::next() {
  if (crashed_)
    return;
  const auto at = results_.size();
  if (at == plan_.wishes.size())
    return done_(*this);
  auto& clock = place_.truth.clock();
  began_ = clock.now();
  gave_up_ = false;
  wires_.operation_begins();
  const auto number = ++number_;
  const auto token = (std::uint64_t{id_ + 1} << 32) + number;
  std::uint64_t timeout_ms = 0;
  auto limit = operation_limit;
  const bool through_gateway = plan_.wishes[at] != client_wish::create; // only there it can be stopped
  const auto kind = plan_.impatient && through_gateway ? dice_.below(5) : 4;
  if (kind == 0) {
    timeout_ms = dice_.between(1, 30'000);
    limit = timeout_ms * millisecond + timeout_grace;
    gave_up_ = true;
  } else if (kind == 1) {
    const auto when = dice_.below(20 * second);
    limit = when + cancel_grace;
    gave_up_ = true;
    clock.after(when, [this, number, token] {
      if (number == number_ && !crashed_)
        place_.system.ask<cancel_answer>(gateway_, cancel_request{{token}});
    });
  }
  clock.after(limit, [this, number] {
    if (number == number_ && !crashed_ && !ended_)
      place_.truth.violation(4, "an operation did not end within its deadline (wish " +
                                    std::to_string(static_cast<int>(plan_.wishes[results_.size()])) + ")");
  });
  if (const auto wish = plan_.wishes[at]; wish != client_wish::get && wish != client_wish::check)
    ++place_.truth.counts().operations;
  ask(plan_.wishes[at], token, timeout_ms);
}

template <class Reply, class Handle, class Request>
void client::send(const Handle& to, Request request) {
  const auto number = number_;
  place_.system.ask<Reply>(to, std::move(request), std::chrono::hours(48),
                           [this, number](const test::outcome_of<Reply>& x) {
                             if (number != number_ || crashed_)
                               return;
                             if (x.value)
                               return on_reply(*x.value);
                             client_result broken;
                             broken.detail = x.failure;
                             place_.truth.violation(4, "an operation broke off: " + x.failure);
                             settle(broken);
                           });
}

void client::ask(client_wish wish, std::uint64_t token, std::uint64_t timeout_ms) {
  const auto update = plan_.first_update + static_cast<update_id>(results_.size());
  const auto& cap = place_.file.write_cap;
  switch (wish) {
  case client_wish::append:
    return send<publish_reply>(
        gateway_, append_request{{token}, cap, shared_bytes(content_of(0, {update})), timeout_ms});
  case client_wish::put: {
    publish_request x;
    x.token = {token};
    x.write_cap = cap;
    x.content = shared_bytes(content_of(place_.filler, {update}));
    x.timeout_ms = timeout_ms;
    return send<publish_reply>(gateway_, x);
  }
  case client_wish::create:
    return create();
  case client_wish::get:
    return send<retrieve_reply>(gateway_, retrieve_request{{token}, cap, timeout_ms});
  case client_wish::check:
    return send<check_reply>(gateway_, check_request{{token}, cap, timeout_ms, true, false});
  case client_wish::repair:
    return send<repair_reply>(gateway_, repair_request{{token}, cap, true, timeout_ms});
  }
}

/// A new file whose key is known before, so that a run need not wait for one to be made.
void client::create() {
  std::vector<actors::server_entry> entries;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const auto& id = place_.truth.order()[i];
    entries.push_back({name_of(i), id, to_bytes(id.view()), false, links_[i]});
  }
  actors::write_task task;
  task.context.services = services_;
  task.context.servers = std::make_shared<const actors::server_list>(std::move(entries));
  task.key = place_.file.keys.signing;
  task.context.access = place_.file.access;
  const auto update = plan_.first_update + static_cast<update_id>(results_.size());
  task.content = shared_bytes(content_of(place_.filler, {update}));
  const auto& s = place_.truth.conditions();
  task.defaults = {s.k, s.n, s.happy};
  send<publish_reply>(actors::spawn_file_writer(place_.system.system(), std::move(task)), messages::run{});
}

// -- answers --

void client::on_reply(const publish_reply& reply) {
  client_result out;
  out.ok = reply.ok;
  out.became = reply.became;
  out.told = !reply.ok && reply.failure.code == errc::uncoordinated_write;
  out.detail = reply.ok ? "" : to_string(reply.failure);
  out.version = wires_.last_sent();
  if (reply.ok != (reply.became == effect::applied))
    place_.truth.violation(11, "an answer says two things: " + out.detail);
  if (reply.ok && !reply.unchanged)
    check_written(reply);
  auto& counts = place_.truth.counts();
  ++(reply.ok ? counts.acknowledged : out.told ? counts.uncoordinated : counts.failed);
  if (out.told && place_.truth.conditions().honest() && lone())
    place_.truth.violation(6, "a lone writer was told: " + out.detail);
  settle(std::move(out));
}

void client::on_reply(const retrieve_reply& reply) {
  client_result out;
  out.ok = reply.ok;
  out.detail = reply.ok ? "" : to_string(reply.failure);
  out.content = to_bytes(reply.content.view());
  if (reply.ok && !updates_in(reply.content.view(), place_.filler))
    place_.truth.violation(1, "a read gave what nobody wrote");
  settle(std::move(out));
}

void client::on_reply(const check_reply& reply) {
  client_result out;
  out.ok = reply.ok;
  out.detail = reply.summary;
  settle(std::move(out));
}

void client::on_reply(const repair_reply& reply) {
  client_result out;
  out.ok = reply.ok;
  out.told = !reply.ok && reply.failure.code == errc::uncoordinated_write;
  out.detail = reply.ok ? "" : to_string(reply.failure);
  if (reply.ok && reply.done != repair_action::nothing)
    check_written(reply.write);
  auto& counts = place_.truth.counts();
  ++(reply.ok ? counts.acknowledged : out.told ? counts.uncoordinated : counts.failed);
  if (out.told && place_.truth.conditions().honest() && lone())
    place_.truth.violation(6, "a lone repairer was told: " + out.detail);
  settle(std::move(out));
}

void client::settle(client_result result) {
  result.wish = plan_.wishes[results_.size()];
  result.update = plan_.first_update + static_cast<update_id>(results_.size());
  result.gave_up = gave_up_;
  place_.truth.trace(3, id_, result.ok ? 1 : result.told ? 2 : 3);
  wires_.operation_ends();
  ++number_;
  results_.push_back(std::move(result));
  next();
}

bool client::lone() const {
  for (std::size_t other = 0; other < place_.truth.writers(); ++other)
    if (other != id_ &&
        (place_.truth.writes_under_way(other) > 0 || place_.truth.last_write_ended(other) >= began_))
      return false;
  return true;
}

void client::check_written(const publish_reply& reply) {
  auto& truth = place_.truth;
  const auto& sent = wires_.last_sent();
  if (!sent)
    return truth.violation(1, "success without a message");
  const bool strict = truth.conditions().strict.has_value();
  if (wires_.saw_newer() && !strict) // there somebody may be greater, and ours stays
    truth.violation(2, "success although a same or newer version of another writer was seen");
  if (reply.version != sent->sequence)
    truth.violation(1, "success at another version than was sent");
  std::set<grid::share_place> placed;
  std::set<share_number> numbers;
  for (const auto& place : reply.placed) {
    const auto number = static_cast<std::size_t>(std::stoul(place.server.substr(1)));
    placed.insert({truth.order().at(number), place.share});
    numbers.insert(place.share);
  }
  if (reply.happiness < truth.conditions().happy || grid::happiness(placed) != reply.happiness)
    truth.violation(1, "success with happiness " + std::to_string(reply.happiness));
  if (numbers.size() < sent->k)
    truth.violation(1, "success with too few share numbers to read");
  if (!truth.conditions().honest())
    return;
  const auto& record = *place_.wires.find(*sent);
  for (const auto& place : placed) {
    const auto& server = truth.at(place.server);
    if (server.rollbacks != wires_.rollbacks_before(place.server))
      continue;
    const auto& shares = server.slot->shares();
    const auto there = shares.find(place.share);
    const auto v = there == shares.end() ? result<file_version>(fail(errc::not_found, ""))
                                         : grid::parse_prefix(there->second);
    const auto as_sent = record.shares.find(place.share);
    if (strict && (!v || *v != *sent))
      continue; // retired by somebody who saw it confirmed
    if (!v || (*v != *sent && v->sequence <= sent->sequence))
      truth.violation(1, "a share reported as placed is not there");
    else if (!strict && *v == *sent && as_sent != record.shares.end() &&
             !begins_with(there->second, as_sent->second))
      truth.violation(1, "a share is stored otherwise than it was sent");
  }
}

} // namespace truckee::simulation
