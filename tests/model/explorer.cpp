#include "model/explorer.hpp"

#include "model/as_key.hpp"
#include "model/state_set.hpp"
#include "truckee/grid/strict/rules.hpp"

#include <algorithm>
#include <chrono>

namespace truckee::model {

namespace {

enum class happening : std::uint8_t { client, lands, lands_twice, stray };

/// What leads from a state to the next.
struct link {
  happening what = happening::client;
  event_kind kind = event_kind::read; ///< with client
  std::uint8_t who = 0;
  std::uint8_t place = 0;
  std::uint32_t message = 0; ///< with stray
};

/// What the slots keep whoever comes: nothing broken, and the updates that everybody finds.
struct promise {
  std::string broken;
  std::uint32_t updates = ~0U;
};

struct slots_hash {
  std::size_t operator()(const std::array<std::uint32_t, places_at_most>& slots) const {
    std::uint64_t h = 1;
    for (const auto slot : slots)
      h = mixed(h, slot);
    return h;
  }
};

class explorer {
public:
  explicit explorer(const scope& bounds) : bounds_(bounds), clients_(bounds, servers_) {}

  findings run(std::size_t states_max);

private:
  world_state first();
  void expand(std::uint32_t number);
  void expand_client(std::uint8_t who);
  void client_event(std::uint8_t who, event_kind kind, std::uint8_t place = 0, std::uint32_t value = 0);
  void landed(std::uint8_t who, std::uint8_t place, std::uint32_t message, bool twice);
  void take(world_state& next, std::uint8_t who, const client_step& step);
  void reach(const world_state& next, const link& by);
  void say(world_state& next, std::uint8_t who, const saying& said);
  const promise& promised(const std::array<std::uint32_t, places_at_most>& slots);
  promise promise_of(const std::array<std::uint32_t, places_at_most>& slots);
  /// What writers and readers of a stage find.
  void promise_by(std::uint8_t stage, const std::array<std::uint32_t, places_at_most>& slots, promise& out);
  std::uint32_t with_strays(std::uint32_t strays, const std::vector<std::uint32_t>& more);
  std::uint32_t without_stray(std::uint32_t strays, std::uint32_t message);
  std::uint32_t version_number(const grid::file_version& version) {
    return versions_.number(key_of(version), [&] { return version; });
  }
  std::uint32_t record_number(const record& what) {
    return records_.number(key_of(what.told, what.had), [&] { return what; });
  }
  std::uint32_t strays_number(std::vector<std::uint32_t> messages) {
    std::ranges::sort(messages);
    auto key = key_of(messages);
    return strays_.number(std::move(key), [&] { return std::move(messages); });
  }
  void note_broken(std::string what) {
    if (broken_.empty())
      broken_ = std::move(what);
  }
  std::vector<std::string> trace() const;
  void describe(const world_state& from, const world_state& to, const link& by,
                std::vector<std::string>& out) const;

  scope bounds_;
  servers servers_;
  clients clients_;
  interner<grid::file_version> versions_;
  interner<record> records_;
  interner<std::vector<std::uint32_t>> strays_;
  std::unordered_map<std::array<std::uint32_t, places_at_most>, promise, slots_hash> promises_;

  state_set states_;
  std::vector<std::pair<std::uint32_t, link>> from_; ///< by state: the one before it, and what happened
  std::size_t transitions_ = 0;
  std::size_t told_ = 0;
  std::string broken_;
  world_state bad_; ///< breaks the promise, where it is broken; the last of from_ leads there
  world_state now_; ///< being expanded
  std::uint32_t number_ = 0;
};

world_state explorer::first() {
  const auto& setting = clients_.setting(*bounds_.all_stages().begin());
  const auto version = make_version(setting, {1}, {creator, 0}, {});
  const auto signature = make_signature({creator, 0}, 0, {});
  grid::slot_map empty(setting);
  for (const auto& server : setting.all_servers())
    empty.know(server, {});
  const std::set all(setting.all_servers().begin(), setting.all_servers().end());
  const auto places = grid::strict::places(empty, all);
  world_state out;
  for (std::uint8_t site = 0; site < bounds_.sites(); ++site) {
    std::map<share_number, bytes> shares;
    if (const auto at = places.find(site_id(site));
        at != places.end() && site + bounds_.empty < bounds_.sites())
      for (const auto number : at->second)
        shares[number] = make_share(version, number, signature);
    out.slots[site] = servers_.slot(shares);
  }
  for (std::uint8_t who = 0; who < bounds_.clients.size(); ++who)
    out.clients[who] = clients_.begin(who);
  record begin;
  begin.told.push_back(version_number(version));
  out.record = record_number(begin);
  out.strays = strays_number({});
  out.crashes = bounds_.crashes;
  out.faults = bounds_.faults;
  return out;
}

findings explorer::run(std::size_t states_max) {
  const auto began = std::chrono::steady_clock::now();
  reach(first(), {});
  std::uint32_t next = 0;
  for (; next < states_.size() && broken_.empty() && states_.size() < states_max; ++next)
    expand(next);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  findings out;
  out.states = states_.size();
  out.transitions = transitions_;
  out.seconds = took.count();
  out.complete = next == states_.size();
  out.broken = broken_;
  if (!broken_.empty())
    out.trace = trace();
  out.met = clients_.met();
  out.told = told_;
  out.client_steps = clients_.steps();
  return out;
}

// -- what can happen --

void explorer::expand(std::uint32_t number) {
  number_ = number;
  now_ = states_[number];
  for (std::uint8_t who = 0; who < bounds_.clients.size(); ++who)
    expand_client(who);
  std::uint32_t before = ~0U;
  for (const auto message : strays_[now_.strays]) {
    if (std::exchange(before, message) == message)
      continue;
    const auto place = servers_.message(message).place;
    const auto result = servers_.land(message, now_.slots[place]);
    if (!result.passed)
      continue; // nothing happens, and it may come again
    auto next = now_;
    next.slots[place] = result.slot;
    next.strays = without_stray(now_.strays, message);
    reach(next, {happening::stray, {}, 0, place, message});
  }
}

void explorer::expand_client(std::uint8_t who) {
  const auto number = now_.clients[who];
  const auto& client = clients_.state(number);
  switch (client.at) {
  case phase::mapping:
    for (const auto& server : clients_.setting_of(who).all_servers()) {
      const auto place = site_of(server);
      if (client.heard.contains(place) || client.away.contains(place))
        continue;
      client_event(who, event_kind::read, place, now_.slots[place]);
      if (now_.faults > 0)
        client_event(who, event_kind::away, place);
    }
    if (clients_.may_end_early(number))
      client_event(who, event_kind::enough);
    break;
  case phase::ready:
    client_event(who, event_kind::go);
    break;
  case phase::publishing:
    for (const auto& [place, message] : client.under_way) {
      landed(who, place, message, false);
      if (now_.faults > 0) {
        landed(who, place, message, true);
        client_event(who, event_kind::timeout, place);
      }
    }
    if (now_.crashes > 0)
      client_event(who, event_kind::crash);
    break;
  case phase::done:
    break;
  }
}

void explorer::client_event(std::uint8_t who, event_kind kind, std::uint8_t place, std::uint32_t value) {
  auto next = now_;
  if (kind == event_kind::away || kind == event_kind::timeout)
    --next.faults;
  if (kind == event_kind::crash)
    --next.crashes;
  take(next, who, clients_.step(now_.clients[who], kind, place, value));
  reach(next, {happening::client, kind, who, place});
}

void explorer::landed(std::uint8_t who, std::uint8_t place, std::uint32_t message, bool twice) {
  const auto result = servers_.land(message, now_.slots[place]);
  if (twice && !result.passed)
    return; // the same as a copy that is lost
  auto next = now_;
  next.slots[place] = result.slot;
  take(next, who, clients_.step(now_.clients[who], event_kind::answer, place, result.outcome));
  if (twice) {
    next.strays = with_strays(next.strays, {message});
    --next.faults;
  }
  reach(next, {twice ? happening::lands_twice : happening::lands, {}, who, place});
}

void explorer::take(world_state& next, std::uint8_t who, const client_step& step) {
  if (!step.broken.empty())
    note_broken(step.broken);
  if (step.begins) {
    auto what = records_[next.record];
    what.had.at(who) = what.told.back() + 1;
    next.record = record_number(what);
  }
  if (step.said)
    say(next, who, *step.said);
  next.clients[who] = step.next;
  next.strays = with_strays(next.strays, step.stray);
}

void explorer::reach(const world_state& next, const link& by) {
  ++transitions_;
  if (from_.size() > states_.size())
    return; // it is broken
  const bool added = states_.add(next);
  if (added)
    from_.emplace_back(number_, by);
  if (added && broken_.empty()) {
    const auto& found = promised(next.slots);
    const auto needed = updates_in(versions_[records_[next.record].told.back()]);
    if (!found.broken.empty())
      note_broken(found.broken);
    else if ((needed & ~found.updates) != 0)
      note_broken("an acknowledged update is not in what is found now");
  }
  if (!broken_.empty() && from_.size() <= states_.size()) {
    from_.emplace_back(number_, by); // behind all others: it may have been reached before, and told otherwise
    bad_ = next;
  }
}

// -- what was promised --

void explorer::say(world_state& next, std::uint8_t who, const saying& said) {
  ++told_;
  auto what = records_[next.record];
  const auto had = std::exchange(what.had.at(who), 0);
  const auto here = updates_in(said.version);
  if (said.what == wish::append && ((here >> said.update) & 1U) == 0)
    note_broken("an update is acknowledged with a version that lacks it");
  if (had > 0 && (updates_in(versions_[had - 1]) & ~here) != 0)
    note_broken("what was acknowledged before the operation began is not in what it tells");
  if (had > 0 && said.certain && said.version < versions_[had - 1])
    note_broken("an older version is told as confirmed after a newer one");
  if (said.certain) {
    for (const auto number : what.told) {
      const auto& other = versions_[number];
      const auto there = updates_in(other);
      if (other < said.version ? (there & ~here) != 0 : (here & ~there) != 0)
        note_broken("of two confirmed versions the greater lacks an update of the other: " + name_of(other) +
                    ", " + name_of(said.version));
    }
    what.told.push_back(version_number(said.version));
    std::ranges::sort(what.told, [&](auto a, auto b) { return versions_[a] < versions_[b]; });
    what.told.erase(std::unique(what.told.begin(), what.told.end()), what.told.end());
  }
  next.record = record_number(what);
}

const promise& explorer::promised(const std::array<std::uint32_t, places_at_most>& slots) {
  const auto [at, added] = promises_.try_emplace(slots);
  if (added)
    at->second = promise_of(slots);
  return at->second;
}

promise explorer::promise_of(const std::array<std::uint32_t, places_at_most>& slots) {
  promise out;
  // Of two stages one may have to write before the other can.
  const auto stages = bounds_.all_stages();
  const std::vector<std::uint32_t> all{slots.begin(), slots.end()};
  std::size_t stuck = 0;
  for (const auto stage : stages)
    if (const auto alone = clients_.alone(all, stage))
      out.updates &= *alone;
    else
      ++stuck;
  if (stuck == stages.size())
    out.broken = "a writer who comes now, alone, cannot publish";
  for (const auto stage : stages)
    if (out.broken.empty())
      promise_by(stage, slots, out);
  return out;
}

void explorer::promise_by(std::uint8_t stage, const std::array<std::uint32_t, places_at_most>& slots,
                          promise& out) {
  const auto& setting = clients_.setting(stage);
  const auto& all = setting.all_servers();
  for (std::uint32_t subset = 1; subset < 1U << all.size(); ++subset) {
    std::map<std::uint8_t, std::uint32_t> heard;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (((subset >> i) & 1U) != 0)
        heard[site_of(all[i])] = slots[site_of(all[i])];
    const auto map = clients::map_of(setting, heard, servers_);
    if (const auto version = grid::strict::confirmed(map))
      out.updates &= updates_in(*version);
    if (setting.deciding(map.slots()) < setting.heard_by_readers())
      continue;
    const auto base = grid::strict::base(map);
    if (!base) {
      out.broken = "a reader who hears enough servers finds no version";
      return;
    }
    out.updates &= updates_in(*base);
  }
}

std::uint32_t explorer::with_strays(std::uint32_t strays, const std::vector<std::uint32_t>& more) {
  if (more.empty())
    return strays;
  auto all = strays_[strays];
  all.insert(all.end(), more.begin(), more.end());
  return strays_number(std::move(all));
}

std::uint32_t explorer::without_stray(std::uint32_t strays, std::uint32_t message) {
  auto all = strays_[strays];
  all.erase(std::ranges::find(all, message));
  return strays_number(std::move(all));
}

// -- for people --

std::vector<std::string> explorer::trace() const {
  std::vector<std::uint32_t> way{static_cast<std::uint32_t>(from_.size() - 1)};
  while (way.back() != 0)
    way.push_back(from_[way.back()].first);
  std::ranges::reverse(way);
  std::vector<std::string> out;
  for (std::size_t place = 0; place < bounds_.sites(); ++place)
    out.push_back("server " + std::to_string(place) + " has" + servers_.describe(states_[0].slots[place]));
  for (std::size_t i = 1; i < way.size(); ++i)
    describe(states_[way[i - 1]], i + 1 == way.size() ? bad_ : states_[way[i]], from_[way[i]].second, out);
  return out;
}

void explorer::describe(const world_state& from, const world_state& to, const link& by,
                        std::vector<std::string>& out) const {
  const auto server = "server " + std::to_string(by.place);
  const auto here = ": it has" + servers_.describe(to.slots[by.place]);
  const auto me = actor_name(by.who);
  if (by.what == happening::stray) {
    out.push_back(server + " takes a message that nobody waits for (" + servers_.message(by.message).text +
                  ")" + here);
    return;
  }
  const auto& before = clients_.state(from.clients[by.who]);
  const auto& after = clients_.state(to.clients[by.who]);
  if (by.what == happening::client) {
    switch (by.kind) {
    case event_kind::read:
      out.push_back(me + " maps " + server + here);
      break;
    case event_kind::away:
      out.push_back(me + " does not hear " + server);
      break;
    case event_kind::enough:
      out.push_back(me + " does not wait for the rest");
      break;
    case event_kind::go:
      out.push_back(me + " begins on what it knows");
      break;
    case event_kind::timeout:
      out.push_back(me + " has no answer of " + server + " and waits no longer");
      break;
    case event_kind::crash:
      out.push_back(me + " crashes");
      break;
    case event_kind::answer:
      break;
    }
  } else {
    const bool taken = from.slots[by.place] != to.slots[by.place];
    out.push_back(server + (taken ? " takes " : " refuses ") + me + "'s message" +
                  (by.what == happening::lands_twice ? ", a copy of which is still on its way" : "") + here);
  }
  const auto said = records_[from.record].told.size() < records_[to.record].told.size();
  if (said)
    for (const auto number : records_[to.record].told)
      if (std::ranges::find(records_[from.record].told, number) == records_[from.record].told.end())
        out.push_back("  " + me + " is told: " + name_of(versions_[number]) + " is confirmed");
  if (before.at == phase::publishing && after.at != phase::publishing && !said &&
      by.kind != event_kind::crash)
    out.push_back("  " + me + "'s round is over");
  if (after.at == phase::publishing && (before.at != phase::publishing || before.version != after.version))
    out.push_back("  " + me + " makes " + name_of(after.version));
  for (const auto& [place, message] : after.under_way) {
    const auto old = before.under_way.find(place);
    if (old == before.under_way.end() || old->second != message)
      out.push_back("  " + me + " -> server " + std::to_string(place) + ":" + servers_.message(message).text);
  }
}

} // namespace

findings explore(const scope& bounds, std::size_t states_max) {
  return explorer(bounds).run(states_max);
}

} // namespace truckee::model
