#include "truckee/grid/strict/rules.hpp"

#include <algorithm>
#include <limits>

namespace truckee::grid::strict {

namespace {

/// A share that a writer by the neighbouring setting made or signed.
bool shows_neighbour(const slot_map& map) {
  return std::ranges::any_of(map.slots(), [&](const auto& slot) {
    return std::ranges::any_of(slot.second, [&](const auto& entry) {
      const auto* sealed = std::get_if<sealed_share>(&entry.second);
      return sealed && sealed->note && sealed->note->setting == map.setting().neighbour();
    });
  });
}

/// A version that at most these of those heard have can never be confirmed. With two sets the one that decides tells; the other
/// one too, once its writers are seen at work: then nobody is left who counts the deciding one alone.
template <class Servers>
bool never_confirmed(const slot_map& map, const std::set<server_id>& may_have_it, const Servers& heard) {
  const auto& setting = map.setting();
  const auto too_few = [&](std::size_t may, std::size_t of_heard) {
    return may + (setting.places() - of_heard) + setting.liars() < setting.confirming();
  };
  if (too_few(setting.deciding(may_have_it), setting.deciding(heard)))
    return true;
  return setting.shared() && !setting.counts_alone() && shows_neighbour(map) &&
         too_few(setting.of_others(may_have_it), setting.of_others(heard));
}

} // namespace

bool enough_answered(const slot_map& map) {
  return map.setting().confirmed_by(map.slots());
}

bool has_room(const slot_map& map) {
  std::set<server_id> all;
  for (const auto& [server, slot] : map.slots())
    all.insert(server);
  return map.setting().confirmed_by(places(map, all));
}

bool may_cut_short(const slot_map& map) {
  return enough_answered(map) && newer_partials(map).empty() && has_room(map);
}

std::optional<file_version> base(const slot_map& map) {
  std::optional<file_version> out;
  for (const auto& version : map.versions())
    if (map.recoverable(version))
      out = version;
  return out;
}

std::vector<file_version> newer_partials(const slot_map& map) {
  const auto best = base(map);
  std::vector<file_version> out;
  for (const auto& version : map.versions())
    if (!best || version > *best)
      out.push_back(version);
  return out;
}

std::optional<sequence_number> next_number(const slot_map& map) {
  sequence_number verified;
  for (const auto& version : map.versions())
    verified = std::max(verified, version.sequence);
  auto greatest = verified;
  const auto consider = [&](sequence_number number) {
    if (number > greatest && is_credible(number, verified))
      greatest = number;
  };
  for (const auto& [server, slot] : map.slots())
    for (const auto& [number, share] : slot) {
      if (const auto* sealed = std::get_if<sealed_share>(&share); sealed && sealed->note)
        consider(sealed->note->reserved);
      else if (const auto* bad = std::get_if<bad_share>(&share))
        if (const auto claimed = parse_prefix(bad->seen))
          consider(claimed->sequence);
    }
  if (greatest.value == std::numeric_limits<std::uint64_t>::max())
    return std::nullopt;
  return sequence_number{greatest.value + 1};
}

// -- R3: places --

namespace {

using assignment = std::map<server_id, std::vector<share_number>>;

share_number number_of(std::size_t value) {
  return {static_cast<std::uint8_t>(value)};
}

/// The servers of a place that are known, among `on`: two where a second set differs.
std::vector<server_id> members_of(const slot_map& map, const std::set<server_id>& on, std::size_t place) {
  const auto& setting = map.setting();
  std::vector<server_id> out{setting.servers()[place]};
  if (const auto& shared = setting.shared(); shared && shared->place == place)
    out.push_back(shared->other);
  std::erase_if(
      out, [&](const server_id& server) { return !on.contains(server) || !map.slots().contains(server); });
  return out;
}

/// Every server's due when all numbers are turned by `rotation`.
assignment rotated(const slot_map& map, const std::set<server_id>& on, std::size_t rotation) {
  const auto& setting = map.setting();
  assignment out;
  for (std::size_t place = 0; place < setting.places(); ++place)
    for (const auto& server : members_of(map, on, place)) {
      auto& numbers = out[server];
      for (std::size_t i = 0; i < setting.shares_at(place); ++i)
        numbers.push_back(number_of((place + i * setting.places() + rotation) % setting.n()));
    }
  return out;
}

bool is_free(const slot_map& map, const assignment& all) {
  return std::ranges::all_of(all, [&](const auto& one) {
    const auto& slot = map.slots().at(one.first);
    return std::ranges::none_of(one.second, [&](share_number number) { return slot.contains(number); });
  });
}

/// A matching of numbers to the dues of places, grown place by place along augmenting paths.
class matching {
public:
  matching(const slot_map& map) : map_(map), holder_(map.setting().n()) {}

  /// All of a place's due, the same for each of its servers, or nothing: then the others keep what they had.
  void serve(const std::vector<server_id>& members, std::size_t due) {
    const auto before = holder_;
    members_.push_back(members);
    for (std::size_t i = 0; i < due; ++i) {
      std::set<std::size_t> tried;
      if (!grow(members_.size() - 1, tried)) {
        holder_ = before;
        return;
      }
    }
  }
  assignment result() const {
    assignment out;
    for (std::size_t number = 0; number < holder_.size(); ++number)
      if (holder_[number])
        for (const auto& server : members_[*holder_[number]])
          out[server].push_back(number_of(number));
    return out;
  }

private:
  bool has_room(std::size_t holder, std::size_t number) const {
    return std::ranges::none_of(members_[holder], [&](const server_id& server) {
      return map_.slots().at(server).contains(number_of(number));
    });
  }

  bool grow(std::size_t wanting, std::set<std::size_t>& tried) {
    for (std::size_t number = 0; number < holder_.size(); ++number) {
      if (holder_[number] == wanting || !has_room(wanting, number) || !tried.insert(number).second)
        continue;
      const auto holder = holder_[number];
      if (!holder || grow(*holder, tried)) {
        holder_[number] = wanting;
        return true;
      }
    }
    return false;
  }

  const slot_map& map_;
  std::vector<std::vector<server_id>> members_;
  std::vector<std::optional<std::size_t>> holder_; ///< by number: whose members have it
};

} // namespace

assignment places(const slot_map& map, const std::set<server_id>& on) {
  const auto& setting = map.setting();
  for (std::size_t rotation = 0; rotation < setting.n(); ++rotation)
    if (auto all = rotated(map, on, rotation); is_free(map, all))
      return all;
  matching found(map);
  for (std::size_t place = 0; place < setting.places(); ++place)
    if (const auto members = members_of(map, on, place); !members.empty())
      found.serve(members, setting.shares_at(place));
  return found.result();
}

// -- R4: the barrier --

bool needs_barrier(const slot_map& map) {
  return map.setting().rounds() == 2 || !newer_partials(map).empty();
}

std::optional<share_number> share_to_seal(const slot_contents& slot) {
  std::optional<share_number> out;
  const file_version* greatest = nullptr;
  for (const auto& [number, share] : slot)
    if (const auto* version = version_of(share); version && (!greatest || *version > *greatest)) {
      greatest = version;
      out = number;
    }
  return out;
}

std::set<server_id> servers_to_seal(const slot_map& map) {
  std::set<server_id> out;
  for (const auto& [server, slot] : map.slots())
    if (share_to_seal(slot) && !(map.setting().counts_alone() && map.setting().shared()->other == server))
      out.insert(server);
  return out;
}

std::set<server_id> behind_barrier(const slot_map& map, std::set<server_id> sealed) {
  if (const auto& shared = map.setting().shared(); shared && map.slots().contains(shared->other))
    sealed.insert(shared->other);
  return sealed;
}

bool excluded(const slot_map& map, const std::set<server_id>& sealed, const file_version& version) {
  auto showing = map.showing(version);
  std::erase_if(showing, [&](const server_id& server) { return !sealed.contains(server); });
  return never_confirmed(map, showing, sealed);
}

bool barrier_stands(const slot_map& map, const std::set<server_id>& sealed,
                    const std::vector<file_version>& partials) {
  return map.setting().confirmed_by(behind_barrier(map, sealed)) &&
         std::ranges::all_of(partials,
                             [&](const file_version& version) { return excluded(map, sealed, version); });
}

// -- warm writes --

bool may_begin_on(const slot_map& left) {
  return enough_answered(left) && newer_partials(left).empty() && base(left) &&
         greatest_on_enough(left) == base(left);
}

// -- R6, R7, R10: what goes --

std::vector<share_number> retirable(const slot_contents& slot, const file_version& confirmed) {
  std::vector<share_number> out;
  for (const auto& [number, share] : slot)
    if (const auto* version = version_of(share); version && *version < confirmed)
      out.push_back(number);
  return out;
}

std::set<file_version> purgeable(const slot_map& map, const std::set<server_id>& sealed,
                                 const std::optional<file_version>& base) {
  const auto on_enough = greatest_on_enough(map);
  std::set<file_version> out;
  for (const auto& version : map.versions())
    if (version != base && version != on_enough && excluded(map, sealed, version))
      out.insert(version);
  return out;
}

std::set<file_version> outdated(const slot_map& map) {
  auto out = map.versions();
  if (map.setting().places() == 1)
    return out;
  const auto safe = greatest_on_enough(map);
  out.erase(safe ? out.lower_bound(*safe) : out.begin(), out.end());
  return out;
}

namespace {

/// As many as confirm a version have room for a new one, at the latest when these versions are gone.
bool fits(const slot_map& map, const std::set<server_id>& on, const std::set<file_version>& going) {
  const auto& setting = map.setting();
  if (setting.confirmed_by(places(map, on)))
    return true;
  auto left = map;
  for (const auto& [server, slot] : map.slots()) {
    auto stays = slot;
    std::erase_if(stays, [&](const auto& entry) {
      const auto* version = version_of(entry.second);
      return version && going.contains(*version);
    });
    left.know(server, std::move(stays));
  }
  return setting.confirmed_by(places(left, on));
}

} // namespace

bool can_succeed(const slot_map& map) {
  std::set<server_id> all;
  for (const auto& [server, slot] : map.slots())
    all.insert(server);
  const auto sealed = servers_to_seal(map); // at best
  if (!needs_barrier(map) && fits(map, all, outdated(map)))
    return true;
  if (!barrier_stands(map, sealed, newer_partials(map)))
    return false;
  const auto best = base(map);
  auto going = purgeable(map, sealed, best);
  going.merge(outdated(map));
  const auto on = behind_barrier(map, sealed);
  if (best && excluded(map, sealed, *best) && !fits(map, on, going))
    going.insert(*best);
  return fits(map, on, going);
}

std::vector<share_number> beyond(const slot_contents& slot, std::size_t n) {
  std::vector<share_number> out;
  for (const auto& [number, share] : slot)
    if (number.value >= n)
      out.push_back(number);
  return out;
}

assignment missing_places(const slot_map& map, const file_version& version) {
  if (map.slots().size() < map.setting().all_servers().size() || greatest_on_enough(map) != version)
    return {};
  const bool certain = is_certain(map, version);
  std::set<server_id> without;
  auto occupied = map; // a number that somebody has of it is free nowhere else, but for who shares the place
  for (const auto& [server, slot] : map.slots()) {
    const bool lesser = std::ranges::all_of(slot, [&](const auto& entry) {
      const auto* there = version_of(entry.second);
      return there && *there < version;
    });
    if (lesser && (certain || slot.empty()))
      without.insert(server);
    auto more = slot;
    for (const auto& [other, theirs] : map.slots())
      if (map.setting().place_of(other) != map.setting().place_of(server) || other == server)
        for (const auto& [number, share] : theirs)
          if (const auto* there = version_of(share); there && *there == version)
            more.emplace(number, bad_share{});
    occupied.know(server, std::move(more));
  }
  return without.empty() ? assignment{} : places(occupied, without);
}

std::vector<share_number> damaged(const slot_contents& slot, std::size_t n, share_format format) {
  std::vector<share_number> out;
  for (const auto& [number, share] : slot)
    if (const auto* bad = std::get_if<bad_share>(&share);
        bad && number.value < n && !bad->seen.empty() &&
        std::to_integer<std::uint8_t>(bad->seen.front()) == static_cast<std::uint8_t>(format))
      out.push_back(number);
  return out;
}

// -- reads --

std::optional<file_version> greatest_on_enough(const slot_map& map) {
  std::optional<file_version> out;
  for (const auto& version : map.versions())
    if (map.setting().settled_by(map.showing(version)))
      out = version;
  return out;
}

std::optional<file_version> confirmed(const slot_map& map) {
  const auto candidate = greatest_on_enough(map);
  return candidate && is_certain(map, *candidate) ? candidate : std::nullopt;
}

bool is_certain(const slot_map& map, const file_version& confirmed) {
  const auto all = map.versions();
  for (auto version = all.upper_bound(confirmed); version != all.end(); ++version) {
    // Something greater may have retired it there.
    std::set<server_id> may_have_it;
    for (auto greater = version; greater != all.end(); ++greater)
      may_have_it.merge(map.showing(*greater));
    if (!never_confirmed(map, may_have_it, map.slots()))
      return false;
  }
  return true;
}

} // namespace truckee::grid::strict
