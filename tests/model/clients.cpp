#include "model/clients.hpp"

#include "model/as_key.hpp"
#include "model/publish_run.hpp"
#include "truckee/grid/strict/rules.hpp"

namespace truckee::model {

namespace {

constexpr std::uint8_t tries_at_most = 4;
constexpr std::uint8_t late_comer = 8;
constexpr std::uint8_t late_update = 7;

maker maker_of(const client_state& state) {
  return {state.who, static_cast<std::uint8_t>(tries_at_most * state.next + state.tries)};
}

client_state at_rest(std::uint8_t who) {
  client_state out;
  out.who = who;
  out.at = phase::done;
  return out;
}

client_state at_map(std::uint8_t who, std::uint8_t next, std::uint8_t tries = 0) {
  client_state out;
  out.who = who;
  out.next = next;
  out.tries = tries;
  return out;
}

} // namespace

clients::clients(const scope& bounds, servers& grid) : bounds_(bounds), grid_(grid) {
  for (const auto stage : bounds.all_stages())
    settings_.emplace(stage, bounds.setting(stage));
}

std::uint32_t clients::number(client_state state, std::string more) {
  auto key = key_of(state.who, state.at, state.next, state.tries, state.heard, state.away) + more;
  return states_.number(std::move(key), [&] { return std::move(state); });
}

std::uint32_t clients::begin(std::uint8_t who) {
  return number(at_map(who, 0), {});
}

grid::slot_map clients::map_of(const grid::strict_setting& setting,
                               const std::map<std::uint8_t, std::uint32_t>& heard, const servers& grid) {
  grid::slot_map out(setting);
  for (const auto& [site, slot] : heard)
    out.know(site_id(site), grid.contents(slot));
  return out;
}

bool clients::may_end_early(std::uint32_t number) {
  const auto [at, added] = may_end_.try_emplace(number, false);
  if (added)
    at->second =
        grid::strict::may_cut_short(map_of(setting_of(states_[number].who), states_[number].heard, grid_));
  return at->second;
}

const client_step& clients::step(std::uint32_t number, event_kind kind, std::uint8_t place,
                                 std::uint32_t value) {
  const auto event = (std::uint64_t{value} << 8) | (std::uint64_t(kind) << 4) | place;
  const auto [at, added] = steps_.try_emplace((std::uint64_t{number} << 36) ^ event);
  if (added)
    at->second = make_step(states_[number], kind, place, value);
  return at->second;
}

client_step clients::make_step(const client_state& from, event_kind kind, std::uint8_t place,
                               std::uint32_t value) {
  auto state = from;
  client_step out;
  out.begins =
      state.tries == 0 &&
      (kind == event_kind::go || (state.at == phase::mapping && state.heard.empty() && state.away.empty()));
  switch (kind) {
  case event_kind::read:
  case event_kind::away:
    if (kind == event_kind::read)
      state.heard[place] = value;
    else
      state.away.insert(place);
    if (state.heard.size() + state.away.size() == setting_of(state.who).all_servers().size())
      mapped(std::move(state), out);
    else
      out.next = number(std::move(state), {});
    break;
  case event_kind::enough:
    mapped(std::move(state), out);
    break;
  case event_kind::go: {
    const auto base = grid::strict::base(*state.known);
    auto what = content_of(*base);
    ++what.at(bounds_.clients[state.who][state.next].update);
    ++met_.warm;
    publish(std::move(state), what, out);
    break;
  }
  case event_kind::timeout:
    out.stray.push_back(state.under_way.at(place));
    value = grid_.outcome(grid::write_outcome{});
    [[fallthrough]];
  case event_kind::answer: {
    state.answers.emplace_back(place, value);
    publish_run run(grid_, *state.known, state.version, maker_of(state), fills_in(state));
    for (const auto& [server, outcome] : state.answers)
      run.answer(server, grid_.outcome(outcome));
    state.under_way = run.under_way();
    if (!run.finished()) {
      out.next = number(std::move(state), run.key());
      break;
    }
    for (const auto& [server, message] : state.under_way)
      out.stray.push_back(message);
    met_.barriers += run.order().sealed() ? 1 : 0;
    met_.purges += run.order().purged() > 0 ? 1 : 0;
    met_.resends += run.order().resent() > 0 ? 1 : 0;
    if (fills_in(state)) { // whatever came of it
      ended(std::move(state), std::nullopt, {}, out);
    } else if (run.end() == grid::publish_end::published) {
      const auto& wanted = bounds_.clients[state.who][state.next];
      ended(std::move(state), saying{from.version, wanted.what, true, wanted.update},
            std::make_shared<const grid::slot_map>(run.order().left(from.version)), out);
    } else {
      again(std::move(state), out);
    }
    break;
  }
  case event_kind::crash:
    for (const auto& [server, message] : state.under_way)
      out.stray.push_back(message);
    out.next = number(at_rest(state.who), {});
    break;
  }
  return out;
}

// -- R2, R9: what a map leads to --

struct clients::decision {
  bool publishes = false;
  content what{};
  std::optional<saying> says; ///< neither: map again
};

clients::decision clients::decide(const grid::slot_map& known, const operation& wanted) const {
  if (!grid::strict::enough_answered(known))
    return {};
  if (wanted.what != wish::append)
    if (const auto version = grid::strict::confirmed(known))
      return {false, {}, saying{*version, wanted.what}};
  const auto base = grid::strict::base(known);
  if (!base)
    return {};
  auto what = content_of(*base);
  switch (wanted.what) {
  case wish::append:
    if (what.at(wanted.update) == 0)
      ++what.at(wanted.update);
    else if (known.setting().confirmed_by(known.showing(*base)))
      return {false, {}, saying{*base, wish::append, true, wanted.update}};
    return {true, what, {}};
  case wish::confirmed_read:
    if (known.setting().deciding(known.slots()) < known.setting().heard_by_readers())
      return {};
    return {false, {}, saying{*base, wanted.what, false}};
  case wish::settled_read:
    return {true, what, {}};
  case wish::fill_in:
    break; // see fill_in()
  }
  return {};
}

bool clients::fills_in(const client_state& state) const {
  return bounds_.clients[state.who][state.next].what == wish::fill_in;
}

namespace {

/// R8: the greatest version that somebody is to get. The rule alone says which may be given.
std::optional<grid::file_version> missed_by_some(const grid::slot_map& known) {
  std::optional<grid::file_version> out;
  for (const auto& version : known.versions())
    if (!grid::strict::missing_places(known, version).empty())
      out = version;
  return out;
}

} // namespace

void clients::fill_in(client_state state, client_step& out) {
  const auto version = missed_by_some(*state.known);
  if (!version)
    return ended(std::move(state), std::nullopt, {}, out);
  ++met_.fill_ins;
  met_.doubtful_fill_ins += grid::strict::confirmed(*state.known) == version ? 0 : 1;
  state.version = *version;
  run(std::move(state), out);
}

void clients::mapped(client_state state, client_step& out) {
  auto known = std::make_shared<const grid::slot_map>(map_of(setting_of(state.who), state.heard, grid_));
  const auto& wanted = bounds_.clients[state.who][state.next];
  if (fills_in(state)) {
    state.known = std::move(known);
    return fill_in(std::move(state), out);
  }
  const auto next = decide(*known, wanted);
  if (next.says) {
    met_.recognised += wanted.what == wish::append ? 1 : 0;
    return ended(std::move(state), *next.says, {}, out);
  }
  if (!next.publishes)
    return again(std::move(state), out);
  state.known = std::move(known);
  publish(std::move(state), next.what, out);
}

void clients::publish(client_state state, const content& what, client_step& out) {
  ++met_.publishes;
  const auto sequence = grid::strict::next_number(*state.known);
  state.version = make_version(setting_of(state.who), *sequence, maker_of(state), what);
  for (const auto times : what)
    if (times > 1)
      out.broken = "an update is applied twice";
  run(std::move(state), out);
}

void clients::run(client_state state, client_step& out) {
  state.at = phase::publishing;
  state.heard.clear();
  state.away.clear();
  state.answers.clear();
  publish_run run(grid_, *state.known, state.version, maker_of(state), fills_in(state));
  if (!run.refused().empty()) {
    out.broken = "a publish is refused: " + run.refused();
    return;
  }
  if (run.finished()) // nowhere to write
    return again(std::move(state), out);
  state.under_way = run.under_way();
  out.next = number(std::move(state), run.key());
}

void clients::again(client_state state, client_step& out) {
  ++met_.lost_rounds;
  const auto tries = static_cast<std::uint8_t>(state.tries + 1);
  out.next = number(tries == bounds_.tries ? at_rest(state.who) : at_map(state.who, state.next, tries), {});
}

void clients::ended(client_state state, const std::optional<saying>& said,
                    std::shared_ptr<const grid::slot_map> left, client_step& out) {
  out.said = said;
  const auto next = static_cast<std::uint8_t>(state.next + 1);
  const auto& script = bounds_.clients[state.who];
  state = next == script.size() ? at_rest(state.who) : at_map(state.who, next);
  std::string more;
  if (bounds_.warm && left && next < script.size() && script[next].what == wish::append &&
      grid::strict::may_begin_on(*left) && said && grid::strict::base(*left) == said->version) {
    state.at = phase::ready;
    more = key_of(left->slots());
    state.known = std::move(left);
  }
  out.next = number(std::move(state), std::move(more));
}

// -- liveness --

std::optional<std::uint32_t> clients::alone(std::vector<std::uint32_t> slots, std::uint8_t stage) {
  const operation wanted{wish::append, late_update};
  const auto map = [&] {
    std::map<std::uint8_t, std::uint32_t> heard;
    for (const auto& server : setting(stage).all_servers())
      heard[site_of(server)] = slots[site_of(server)];
    return map_of(setting(stage), heard, grid_);
  };
  const auto finish = [&](publish_run& run) {
    while (!run.finished()) {
      const auto [place, message] = *run.under_way().begin();
      const auto landed = grid_.land(message, slots[place]);
      slots[place] = landed.slot;
      run.answer(place, grid_.outcome(landed.outcome));
    }
  };
  for (std::uint8_t tries = 0; tries < tries_at_most; ++tries) {
    const auto known = map();
    const auto next = decide(known, wanted);
    if (next.says)
      return updates_in(next.says->version);
    if (!next.publishes)
      return std::nullopt;
    const maker by{late_comer, tries};
    const auto version = make_version(setting(stage), *grid::strict::next_number(known), by, next.what);
    publish_run run(grid_, known, version, by);
    finish(run);
    if (run.refused().empty() && run.end() == grid::publish_end::published)
      return updates_in(version);
    // Who has nothing keeps the slots of others full, until a repair.
    if (const auto now = map(); bounds_.empty > 0 || !bounds_.stages.empty())
      if (const auto missed = missed_by_some(now)) {
        publish_run repair(grid_, now, *missed, by, true);
        finish(repair);
      }
  }
  return std::nullopt;
}

} // namespace truckee::model
