#include "simulation/writer.hpp"

#include "truckee/grid/happiness.hpp"
#include "truckee/grid/publish/write_message.hpp"
#include "truckee/grid/strict/rules.hpp"
#include "truckee/grid/strict/strict_order.hpp"

namespace truckee::simulation {

using namespace truckee::grid;

namespace {

/// Far beyond what any operation needs; one that reaches it hangs.
constexpr sim_time operation_limit = 3600 * second;

std::chrono::steady_clock::time_point as_time(sim_time t) {
  return std::chrono::steady_clock::time_point(std::chrono::microseconds(t));
}

sim_time to_sim(std::chrono::milliseconds t) {
  return static_cast<sim_time>(t.count()) * millisecond;
}

} // namespace

writer::writer(world& w, writer_plan plan, finished done)
  : world_(w), plan_(std::move(plan)), done_(std::move(done)), id_(w.add_writer()), random_(w.chance()),
    has_key_(plan_.has_key) {}

template <class F>
auto writer::guarded(F f) {
  return [this, phase = phase_, f = std::move(f)](auto&&... args) {
    if (!crashed_ && phase == phase_)
      f(args...);
  };
}

void writer::start(sim_time delay) {
  world_.clock().after(delay, [this] { begin_operation(); });
}

bool writer::may_send(bool write) {
  if (crashed_)
    return false;
  if (plan_.crash_at && (write || !plan_.count_writes_only) && sent_++ >= *plan_.crash_at) {
    crashed_ = true;
    ++world_.counts().faults.at(static_cast<std::size_t>(fault::writer_crash));
    ++world_.counts().crashed;
    done_(*this);
    return false;
  }
  return true;
}

void writer::begin_operation() {
  const auto number = results_.size();
  if (number == plan_.operations.size())
    return done_(*this);
  ++world_.counts().operations;
  ++operation_number_;
  began_ = world_.clock().now();
  content_.clear();
  replaced_.clear();
  last_sent_.reset();
  created_ = false;
  write_wish wish;
  wish.kind = plan_.operations[number];
  wish.earlier = earlier_;
  wish.own_seals = own_seals_;
  wish.limits = world_.limits();
  take_kept(wish);
  if (const auto setting = world_.setting())
    operation_ = std::make_unique<strict_write>(std::move(wish), *setting, random_);
  else
    operation_ = std::make_unique<write_operation>(std::move(wish), random_);
  world_.clock().after(operation_limit, [this, which = operation_number_] {
    if (!crashed_ && operation_ && which == operation_number_)
      operation_deadline();
  });
  advance();
}

void writer::take_kept(write_wish& wish) {
  auto kept = std::exchange(kept_, std::nullopt);
  const auto now = as_time(world_.clock().now());
  if (!kept || !has_key_)
    return;
  if (const auto setting = world_.setting()) {
    if (!fits_strictly(*kept, *setting, wish.kind == write_kind::modify, now, world_.limits()))
      return;
    read_version_ = strict::base(*kept->slots).value();
    wish.kept_slots = std::move(kept->slots);
    content_ = kept_content_;
    replaced_ = kept_replaced_;
  } else if (fits(*kept, file_servers(), std::nullopt, now, world_.limits()))
    wish.kept = std::move(kept->map);
}

void writer::keep_map() {
  const auto& result = operation_->result();
  if (!world_.conditions().keeps_maps || result.end != write_end::written)
    return;
  if (world_.conditions().strict) {
    kept_ = kept_strictly(*result.report, shared_bytes(), as_time(mapped_), world_.limits());
    kept_content_ = content_;
    kept_replaced_ = replaced_;
    return;
  }
  auto left = created_ ? map_left_by_new(*result.report, world_.order(), world_.limits())
                       : map_left_by(*result.report);
  if (left)
    kept_ = {std::move(*left), file_servers(), as_time(mapped_)};
}

void writer::rest() {
  const auto most = world_.conditions().pause_most;
  if (most == 0)
    return begin_operation();
  world_.clock().after(world_.chance().below(most + 1), guarded([this] { begin_operation(); }));
}

void writer::operation_deadline() {
  world_.violation(4, "an operation did not end within its deadline");
  operation_->stop({errc::timeout, "operation deadline"});
  if (operation_->done())
    end_operation();
}

void writer::advance() {
  if (crashed_)
    return;
  ++phase_;
  const auto action = operation_->next();
  world_.trace(2, id_, static_cast<std::uint64_t>(action.what));
  switch (action.what) {
  case write_action::kind::map:
    return begin_map(action);
  case write_action::kind::read:
    return begin_read(*action.version);
  case write_action::kind::apply:
    return apply();
  case write_action::kind::publish:
    return begin_publish(action);
  case write_action::kind::wait:
    return world_.clock().after(to_sim(action.delay), guarded([this] {
                                  operation_->on_waited();
                                  advance();
                                }));
  case write_action::kind::done:
    return end_operation();
  }
}

bool writer::lone() const {
  for (std::size_t other = 0; other < world_.writers(); ++other)
    if (other != id_ && (world_.writes_under_way(other) > 0 || world_.last_write_ended(other) >= began_))
      return false;
  return true;
}

void writer::end_operation() {
  const auto& result = operation_->result();
  auto& counts = world_.counts();
  const auto update = plan_.first_update + static_cast<update_id>(results_.size());
  operation_result out{update, result.end, result.what, {}, result.failure ? to_string(*result.failure) : ""};
  if (result.report)
    out.version = result.report->version;
  if (result.found)
    out.version = result.found;
  const bool told = result.end == write_end::uncoordinated_write;
  if (result.what == effect::applied) {
    ++counts.acknowledged;
    ++counts.tries[result.tries];
    counts.took += world_.clock().now() - began_;
  } else if (told)
    ++counts.uncoordinated;
  else
    ++counts.failed;
  counts.rescues += result.rescued ? 1 : 0;
  counts.kept_used += result.kept == kept_map_use::used ? 1 : 0;
  counts.kept_stale += result.kept == kept_map_use::stale ? 1 : 0;
  keep_map();
  if (told && world_.conditions().honest() && lone())
    world_.violation(6, "a lone writer was told: " + out.detail);
  earlier_.insert(result.sent.begin(), result.sent.end());
  own_seals_.insert(result.seals.begin(), result.seals.end());
  world_.trace(3, id_, static_cast<std::uint64_t>(result.end));
  results_.push_back(std::move(out));
  operation_.reset();
  ++operation_number_;
  ++phase_;
  rest();
}

// -- map --

void writer::begin_map(const write_action& action) {
  // Who makes a file makes no map.
  created_ = plan_.has_key && world_.conditions().new_file && results_.empty() && !last_sent_;
  if (created_) {
    map_ = servermap();
    mapped_ = world_.clock().now();
    operation_->on_map(map_);
    return advance();
  }
  map_request request;
  request.mode = action.mode;
  request.servers = world_.order();
  request.known = map_;
  places_before_.clear();
  for (const auto& [place, version] : map_.shares())
    places_before_.insert(place);
  for (const auto& [place, bad] : map_.bad_shares())
    places_before_.insert(place);
  request.k = world_.conditions().k;
  request.n = world_.conditions().n;
  request.ask_all = action.ask_all;
  request.have_private_key = has_key_;
  request.limits = world_.limits();
  asks_all_ = action.ask_all || (action.mode != map_mode::write);
  slots_.reset();
  if (const auto setting = world_.setting()) {
    request.servers = setting->servers();
    slots_.emplace(*setting);
  }
  map_began_ = world_.clock().now();
  map_update_ = std::make_unique<map_update>(std::move(request));
  reading_more_ = false;
  map_reads_ = {};
  left_.clear();
  map_asked_.clear();
  map_slowest_ = 0;
  watch_the_slow_of_map();
  pump_map();
}

/// Each server of the first batch may be asked at once; beyond it few are, or a large grid would be asked
/// whole for a file of three shares.
std::uint32_t writer::limit_of_map_reads() {
  const auto& limits = world_.limits();
  const auto& s = world_.conditions();
  std::set<server_id> known;
  for (const auto& place : places_before_)
    known.insert(place.server);
  const std::size_t first =
      asks_all_
          ? s.servers
          : std::max<std::size_t>(known.size(), s.n + std::max<std::size_t>(s.k, limits.map_boundary_least));
  const bool beyond = reading_more_ || map_reads_.begun() >= first;
  return beyond ? limits.map_in_flight_max : limits.map_batch_max;
}

void writer::read_shares(const server_id& from, sim_time deadline,
                         std::function<void(bool answered, const share_bytes_map& shares)> done) {
  world_.send_read<share_bytes_map>(
      from, deadline,
      [this](sim_server& server, bool lies) {
        auto shares = server.slot->shares();
        if (lies)
          world_.lie(shares);
        return shares;
      },
      [done = std::move(done)](const delivered<share_bytes_map>& x) {
        done(x.how == delivery::answered, x.answer);
      });
}

map_answer writer::verified(const share_bytes_map& shares) {
  map_answer out;
  for (const auto& [number, data] : shares) {
    const auto v = parse_prefix(data);
    if (v && world_.proves_true(*v))
      out.good.push_back({number, *v, (id_ + number.value) % 3 != 0});
    else
      out.bad.push_back({number, data, "signature"});
  }
  return out;
}

slot_contents writer::sealed(const share_bytes_map& shares) const {
  slot_contents out;
  for (const auto& [number, data] : shares) {
    if (data.empty())
      continue;
    const auto v = parse_prefix(data);
    if (!v || !world_.proves_true(*v)) {
      out.emplace(number, bad_share{data, "signature"});
      continue;
    }
    sealed_share share{*v, {}};
    if (data.size() >= seal_offset() + share_seal::size)
      share.seal = seal_of(byte_view{data}.subspan(seal_offset()));
    out.emplace(number, share);
  }
  return out;
}

std::set<server_id> writer::may_do_without() const {
  if (!slots_)
    return map_update_->dispensable();
  return strict::may_cut_short(*slots_) ? map_update_->in_flight() : std::set<server_id>{};
}

/// While faults happen a map may leave whom it waits for at any time, where it can do without; when they have stopped, as a
/// client does: those much slower than the others.
bool writer::may_leave(const server_id& server) const {
  const auto waited = world_.clock().now() - map_asked_.at(server);
  return !world_.calm() ||
         waited >= to_sim(world_.limits().patience(std::chrono::microseconds(map_slowest_)));
}

/// As long as a map is made, its slow servers are left out from time to time where it can do without them.
void writer::watch_the_slow_of_map() {
  world_.clock().after(to_sim(world_.limits().slow_least), guarded([this] {
                         watch_the_slow_of_map();
                         bool any = false;
                         for (const auto& server : may_do_without()) {
                           if (map_update_->done())
                             break; // the rest of them may be asked again
                           if (!may_leave(server))
                             continue;
                           any = true;
                           map_update_->on_failure(server, "slower than the others");
                           map_reads_.end();
                           left_.insert(server);
                         }
                         if (any)
                           pump_map();
                       }));
}

/// The same for a publish.
void writer::watch_the_slow_of_publish() {
  world_.clock().after(to_sim(world_.limits().slow_least), guarded([this] {
                         watch_the_slow_of_publish();
                         if (!loop_->leave_the_slow("slower than the others"))
                           return;
                         ++world_.counts().left_slow;
                         pump_publish();
                       }));
}

void writer::pump_map() {
  const auto deadline = to_sim(world_.limits().server_deadline_base);
  for (const auto& action : map_update_->next()) {
    if (!may_send(false))
      return;
    const bool asks = action.what == map_action::kind::ask;
    if (asks) {
      map_reads_.begin(world_, limit_of_map_reads(), "servers asked at a time for one map");
      map_asked_[action.server] = world_.clock().now();
    }
    read_shares(
        action.server, deadline, guarded([this, action, asks](bool answered, const share_bytes_map& shares) {
          if (asks && left_.contains(action.server))
            return;
          if (asks)
            map_reads_.end();
          if (action.what == map_action::kind::fetch_private_key)
            map_update_->on_private_key(action.server, action.share,
                                        answered && shares.contains(action.share));
          else if (answered) {
            map_slowest_ = std::max(map_slowest_, world_.clock().now() - map_asked_.at(action.server));
            if (slots_)
              slots_->know(action.server, sealed(shares));
            map_update_->on_answer(action.server, verified(shares));
          } else
            map_update_->on_failure(action.server, "no answer");
          pump_map();
        }));
  }
  if (map_update_->done())
    map_done();
}

void writer::map_done() {
  ++phase_;
  map_ = map_update_->map();
  mapped_ = world_.clock().now();
  has_key_ = has_key_ || map_update_->private_key_found();
  if (reading_more_) {
    retrieve_->add_places(map_);
    return pump_read();
  }
  if (map_update_->end() == map_end::no_private_key)
    operation_->on_map_failed({errc::not_enough_shares, "no share gave a private key"});
  else
    operation_->on_map(
        {map_, std::nullopt, slots_, std::chrono::milliseconds((mapped_ - map_began_) / millisecond)});
  advance();
}

// -- read and apply --

void writer::begin_read(const file_version& version) {
  fetches_ = {};
  retrieve_ = std::make_unique<retrieve_plan>(map_, version, std::vector<server_id>{}, world_.limits());
  pump_read();
}

void writer::pump_read() {
  for (const auto& place : retrieve_->next()) {
    if (!may_send(false))
      return;
    fetches_.begin(world_, world_.limits().fetches_in_flight_max, "shares fetched at a time for one read");
    read_shares(place.server, to_sim(world_.limits().server_deadline_base),
                guarded([this, place](bool answered, const share_bytes_map& shares) {
                  fetches_.end();
                  const auto found = shares.find(place.share);
                  if (!answered)
                    retrieve_->on_failure(place, "no answer");
                  else if (found == shares.end())
                    retrieve_->on_verdict(place, share_verdict::gone);
                  else if (is_share(found->second, retrieve_->version(), place.share))
                    retrieve_->on_verdict(place, share_verdict::good);
                  else if (const auto v = parse_prefix(found->second); v && *v != retrieve_->version())
                    retrieve_->on_verdict(place, share_verdict::changed);
                  else
                    retrieve_->on_verdict(place, share_verdict::bad, "block hash");
                  pump_read();
                }));
  }
  if (retrieve_->state() == retrieve_state::enough)
    return read_done(true);
  if (retrieve_->state() != retrieve_state::needs_more)
    return;
  for (const auto& lie : retrieve_->lying())
    map_update_->mark_bad({lie.server, lie.share}, {}, lie.reason);
  if (retrieve_->changed() || !map_update_->ask_more())
    return read_done(false);
  ++phase_;
  reading_more_ = true;
  map_reads_ = {};
  pump_map();
}

void writer::read_done(bool ok) {
  if (ok) {
    const auto& found = *world_.find(retrieve_->version());
    content_ = found.content;
    replaced_ = found.replaced;
    read_version_ = retrieve_->version();
  }
  operation_->on_read(ok, "too few good shares");
  advance();
}

void writer::apply() {
  const auto update = plan_.first_update + static_cast<update_id>(results_.size());
  const auto before = world_.bytes_of(content_);
  const auto added = world_.bytes_of({update});
  using kind = applied_change::kind;
  switch (presence_in(operation_->result().own, read_version_, before, added)) {
  case presence::contained:
    operation_->on_applied({kind::contained, {}, mark_of(before)});
    break;
  case presence::unclear:
    operation_->on_applied({kind::unclear});
    break;
  case presence::absent:
    content_.push_back(update);
    operation_->on_applied({kind::changed, mark_of(before), mark_of(world_.bytes_of(content_))});
    break;
  }
  advance();
}

// -- publish --

void writer::begin_publish(const write_action& action) {
  const auto update = plan_.first_update + static_cast<update_id>(results_.size());
  const bool overwrites = plan_.operations[results_.size()] != write_kind::modify;
  // What our new version is built on: for an overwrite the version it knowingly replaces.
  if (overwrites && !action.rescue) {
    content_ = {update};
    replaced_.clear();
    if (action.base) {
      const auto& found = *world_.find(*action.base);
      replaced_ = found.replaced;
      replaced_.insert(found.content.begin(), found.content.end());
    }
  }
  publish_request request;
  request.version = world_.sign(action.sequence, content_, replaced_);
  request.happy = world_.conditions().happy;
  request.kept_map = action.kept.has_value();
  if (action.kept)
    map_ = *action.kept;
  request.new_file = plan_.has_key && !request.kept_map && map_.servers_answered().empty();
  request.map = map_;
  request.base = action.base;
  request.servers = world_.order();
  request.earlier = earlier_;
  request.earlier.insert(operation_->result().sent.begin(), operation_->result().sent.end());
  request.limits = world_.limits();
  if (world_.conditions().known_is_stale)
    request.earlier.merge(map_.versions());
  auto loop = start_loop(action, std::move(request));
  if (!loop) {
    operation_->on_publish_refused(loop.error());
    return advance();
  }
  loop_ = std::make_unique<publish_loop>(std::move(*loop));
  last_sent_ = loop_->report().version;
  earlier_.insert(*last_sent_);
  saw_newer_ = false;
  busy_.clear();
  for (const auto& server : world_.servers())
    rollbacks_[server.id] = server.rollbacks;
  world_.clock().after(to_sim(world_.limits().publish_deadline), guarded([this] {
                         loop_->deadline_passed();
                         pump_publish();
                       }));
  watch_the_slow_of_publish();
  pump_publish();
}

result<publish_loop> writer::start_loop(const write_action& action, publish_request request) {
  if (!action.strict)
    return publish_loop::start(std::move(request));
  const auto drawn = [this](const file_version&) {
    bytes out(share_seal::size);
    random_.fill(out);
    return out;
  };
  seal_ = drawn({});
  strict_task task{action.strict->known, seal_of(seal_), seal_offset(), drawn, action.strict->own_seals};
  return publish_loop::start(std::move(request), std::make_unique<strict_order>(std::move(task)));
}

void writer::pump_publish() {
  const auto actions = loop_->step();
  for (const auto& message : actions.writes) {
    if (!may_send(true))
      return;
    send(message);
  }
  for (const auto& message : actions.rereads) {
    if (!may_send(false))
      return;
    read_shares(message.server, to_sim(world_.limits().reread_deadline),
                guarded([this, message](bool answered, const share_bytes_map& shares) {
                  slot_read_answer answer;
                  for (const auto& [number, data] : shares)
                    answer.reads[number] = {shared_bytes::copy_of(
                        byte_view{data}.first(std::min(data.size(), prefix_read_size)))};
                  auto outcome = judge_reread(message, answer);
                  outcome.answered = answered;
                  note_found(message.server, outcome.found);
                  loop_->on_reread(message.id, outcome);
                  pump_publish();
                }));
  }
  if (actions.finished)
    publish_done();
}

void writer::send(const publish_message& message) {
  if (!busy_.insert(message.server).second)
    world_.violation(5, "a second write to a server whose answer is still out");
  const auto version = *last_sent_;
  share_contents encoded;
  for (const auto& planned : message.shares)
    if (planned.share.value < version.n) {
      auto share = share_bytes(version, planned.share);
      share.insert(share.end(), seal_.begin(), seal_.end());
      encoded[planned.share] = whole_share(shared_bytes(std::move(share)));
    }
  auto built = build_message(message, encoded, {}, {});
  if (!built)
    return world_.violation(5, to_string(built.error()));
  const auto deadline = to_sim(world_.limits().server_deadline(message_size(*built)));
  const auto sent = *built;
  world_.send_write(id_, message.server, std::move(*built), deadline,
                    guarded([this, message, sent](const delivered<read_test_write_answer>& x) {
                      const auto outcome = outcome_of(sent, x);
                      busy_.erase(message.server);
                      note_found(message.server, outcome.found);
                      loop_->on_write(message.id, outcome);
                      pump_publish();
                    }));
}

void writer::note_found(const server_id& server, const std::map<share_number, bytes>& found) {
  if (world_.at(server).lying || !world_.conditions().honest())
    return;
  for (const auto& [number, data] : found)
    if (const auto v = parse_prefix(data); v && !earlier_.contains(*v) && v->sequence >= last_sent_->sequence)
      saw_newer_ = true;
}

void writer::publish_done() {
  ++phase_;
  auto report = loop_->report();
  world_.counts().collisions += report.end == publish_end::uncoordinated_write ? 1 : 0;
  world_.counts().hidden += report.end == publish_end::map_outdated ? 1 : 0;
  world_.trace(4, id_, static_cast<std::uint64_t>(report.end));
  if (report.ok()) {
    check_success(report);
    map_ = report.map;
  }
  operation_->on_published(std::move(report));
  advance();
}

void writer::check_success(const publish_report& report) {
  if (report.strict) { // the rest is judged when all have ended
    if (report.strict->confirming < report.strict->needed || report.servers < report.strict->needed)
      world_.violation(1, "success with " + std::to_string(report.servers) + " servers");
    return;
  }
  if (saw_newer_)
    world_.violation(2, "success although a same or newer version of another writer was seen");
  if (report.happiness < world_.conditions().happy || happiness(report.placed) != report.happiness)
    world_.violation(1, "success with happiness " + std::to_string(report.happiness));
  if (!world_.conditions().honest())
    return;
  std::set<share_number> numbers;
  for (const auto& place : report.placed) {
    numbers.insert(place.share);
    const auto& server = world_.at(place.server);
    if (server.rollbacks != rollbacks_[place.server])
      continue;
    const auto& shares = server.slot->shares();
    const auto there = shares.find(place.share);
    const auto v =
        there == shares.end() ? result<file_version>(fail(errc::not_found, "")) : parse_prefix(there->second);
    if (!v || (*v != report.version && v->sequence <= report.version.sequence))
      world_.violation(1, "a share reported as placed is not there");
  }
  if (numbers.size() < report.version.k)
    world_.violation(1, "success with too few share numbers to read");
}

} // namespace truckee::simulation
