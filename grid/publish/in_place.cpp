#include "truckee/grid/publish/in_place.hpp"

#include "truckee/grid/happiness.hpp"
#include "truckee/grid/publish/placement.hpp"

#include <algorithm>
#include <iterator>

namespace truckee::grid {

map_needs in_place::map(bool first) const {
  if (first)
    return {map_mode::write, false};
  return {map_mode::check, true};
}

result<void> in_place::admit(const publish_request& request) const {
  if (request.new_file) {
    if (!request.map.shares().empty() || !request.map.bad_shares().empty())
      return fail(errc::usage, "a new file cannot have shares in its map");
    return {};
  }
  if (request.kept_map && !request.map.servers_answered().empty())
    return fail(errc::usage, "nobody has answered for a kept map");
  const auto mode = request.map.mode();
  if (mode != map_mode::write && mode != map_mode::check && mode != map_mode::repair)
    return fail(errc::usage, "a map made in " + std::string(to_string(mode)) +
                                 " mode does not know enough to publish; make one in write mode");
  return {};
}

// -- where --

void in_place::goal(publish_tables& tables) {
  const auto aim = [&](const auto& shares) {
    for (const auto& [place, what] : shares)
      if (tables.in_range(place.share))
        tables.aim_at(place);
  };
  aim(tables.map().shares());
  aim(tables.map().bad_shares());
  for (const auto& place : tables.map().places(tables.version()))
    if (tables.in_range(place.share))
      tables.mark_placed(place);
  if (!tables.asked().kept_map)
    return;
  // Who has shares is asked by the tests; who had none is looked at, or a version that lies there would be missed.
  for (const auto& server : tables.map().servers_not_asked())
    if (tables.map().shares_on(server).empty())
      tables.look_again(server);
}

namespace {

void house(publish_tables& tables, const std::vector<share_number>& homeless) {
  const auto& servers = tables.asked().servers;
  // A server that still owes an answer is the last choice for a share that lost its home.
  auto avoid = tables.bad();
  avoid.merge(tables.busy());
  for (const auto share : homeless) {
    auto place = place_share(share, tables.goal(), servers, avoid);
    if (!place)
      place = place_share(share, tables.goal(), servers, tables.bad());
    if (!place)
      return; // no server left: what can be reached is judged at the end
    tables.aim_at(*place);
  }
}

} // namespace

void in_place::place(publish_tables& tables) {
  // What is under way is waited for, and nothing new begins. On a kept map no share moves: who does not know what is there
  // does not know that nobody else moved it.
  if (tables.surprised() || tables.asked().kept_map)
    return;
  const auto& asked = tables.asked();
  const auto n = tables.version().n;
  std::vector<share_place> lost;
  std::ranges::copy_if(tables.goal(), std::back_inserter(lost),
                       [&](const share_place& place) { return tables.bad().contains(place.server); });
  for (const auto& place : lost)
    tables.give_up(place);
  if (const auto homeless = homeless_shares(tables.goal(), n); !homeless.empty())
    house(tables, homeless);
  for (const auto& place : places_for_happiness(tables.goal(), n, asked.happy, asked.servers, tables.bad()))
    tables.aim_at(place);
}

// -- what is sent --

std::vector<server_message> in_place::messages(const publish_tables& tables) {
  if (tables.surprised() || assumed_wrong_)
    return {};
  std::vector<server_message> out;
  for (const auto& place : tables.goal()) { // sorted by server
    if (tables.placed().contains(place) || tables.is_busy(place.server))
      continue;
    if (out.empty() || out.back().server != place.server)
      out.push_back({place.server, {}});
    out.back().shares.push_back({place.share, share_step::write, tables.map().at(place)});
  }
  return out;
}

namespace {

bool enough_placed(const publish_tables& tables) {
  std::set<share_number> distinct;
  for (const auto& place : tables.placed())
    distinct.insert(place.share);
  return distinct.size() >= tables.version().k && happiness(tables.placed()) >= tables.asked().happy;
}

} // namespace

std::map<share_place, belief> in_place::to_retire(const publish_tables& tables) const {
  std::map<share_place, belief> out;
  const auto add = [&](const auto& shares) {
    for (const auto& [place, what] : shares)
      if (!tables.in_range(place.share) && !tables.bad().contains(place.server) && !retired_.contains(place))
        out.emplace(place, what);
  };
  add(tables.map().shares());
  add(tables.map().bad_shares());
  return out;
}

std::vector<server_message> in_place::retire(const publish_tables& tables) {
  if (tables.surprised() || assumed_wrong_ || !enough_placed(tables))
    return {};
  std::map<server_id, std::vector<planned_share>> doomed;
  for (const auto& [place, what] : to_retire(tables)) {
    retired_.insert(place);
    doomed[place.server].push_back({place.share, share_step::remove, what});
  }
  std::vector<server_message> out;
  for (auto& [server, shares] : doomed) {
    std::ranges::sort(shares, {}, &planned_share::share);
    out.push_back({server, std::move(shares)});
  }
  return out;
}

// -- when it ends --

std::optional<publish_end> in_place::enough(const publish_tables& tables) const {
  // Before anything old is touched.
  if (tables.messages_sent() == 0 && happiness(tables.goal()) < tables.asked().happy)
    return publish_end::not_enough_servers;
  return std::nullopt;
}

namespace {

/// The numbers of the shares that servers have, or are sent, which owe an answer.
std::set<share_number> shares_of_the_busy(const publish_tables& tables, const std::set<share_place>& sent) {
  std::set<share_number> out;
  for (const auto& place : sent)
    out.insert(place.share);
  for (const auto& server : tables.busy())
    for (const auto share : tables.map().shares_on(server))
      out.insert(share);
  return out;
}

} // namespace

bool in_place::only_waits(const publish_tables& tables) const {
  if (assumed_wrong_)
    return true;
  if (tables.surprised() || tables.looks_again() || !enough_placed(tables) || !to_retire(tables).empty())
    return false;
  const auto sent = tables.outstanding();
  // Where servers that are not known to have ours may have k shares, another writer's version of the same number may be
  // readable there, and be taken for the newer one. A new file has no other writer.
  if (!tables.asked().new_file && shares_of_the_busy(tables, sent).size() >= tables.version().k)
    return false;
  return std::ranges::all_of(tables.goal(), [&](const share_place& place) {
    return tables.placed().contains(place) || sent.contains(place);
  });
}

bool in_place::may_stop(const publish_tables& tables) const {
  const auto& base = tables.asked().base;
  if (!base)
    return true;
  std::set<share_number> ours;
  for (const auto& place : tables.placed())
    ours.insert(place.share);
  if (ours.size() >= tables.version().k)
    return true;
  const auto touched = tables.outstanding();
  std::set<share_number> old;
  for (const auto& place : tables.map().places(*base))
    if (!touched.contains(place) && !tables.unknown().contains(place))
      old.insert(place.share);
  return old.size() >= base->k;
}

publish_end in_place::conclude(const publish_tables& tables) const {
  if (assumed_wrong_)
    return publish_end::kept_map_stale;
  if (!tables.surprises().empty())
    return publish_end::uncoordinated_write;
  if (!tables.hidden().empty())
    return publish_end::map_outdated;
  return enough_placed(tables) ? publish_end::published : publish_end::not_enough_servers;
}

// -- what came back --

namespace {

struct judged {
  bool stale = false;     ///< something is to be replaced
  bool surprised = false; ///< hidden or conflict
};

std::size_t count_seen(publish_tables& tables, const belief& found, share_number share) {
  const auto* version = std::get_if<file_version>(&found);
  return version ? tables.count_seen(*version, share) : 0;
}

void judge_one(publish_tables& tables, const share_place& place, const belief& found, judged& sum) {
  const auto expected = tables.map().at(place);
  const auto seen = count_seen(tables, found, place.share);
  const auto what = grid::judge(tables.view(), place, expected, found, seen);
  if (what == verdict::expected)
    return;
  if (what == verdict::ours) {
    if (!tables.placed().contains(place))
      ++(tables.was_sent(place) ? tables.met.own_copies : tables.met.converged);
    if (tables.in_range(place.share))
      tables.mark_placed(place);
    return;
  }
  tables.learn(place, found);
  tables.misplace(place);
  if (what == verdict::stale) {
    ++tables.met.stale;
    sum.stale = true;
    if (tables.in_range(place.share))
      tables.aim_at(place);
    return;
  }
  sum.surprised = true;
  if (what == verdict::conflict)
    tables.add_surprise({place, expected, found});
  else
    tables.add_hidden({place, expected, found});
}

/// All that a server showed, but for the shares that the message itself wrote over.
judged judge_found(publish_tables& tables, const server_id& server,
                   const std::map<share_number, bytes>& found, const std::vector<planned_share>& written) {
  judged sum;
  const auto in_message = [&](share_number share) {
    return std::ranges::any_of(written, [&](const planned_share& p) { return p.share == share; });
  };
  for (const auto& [share, seen] : found)
    if (!in_message(share))
      judge_one(tables, {server, share}, read_belief(seen), sum);
  // What was believed to be there and is not: the server lost it. Nobody's fault; ours is sent again.
  for (const auto share : tables.map().shares_on(server)) {
    const share_place place{server, share};
    if (found.contains(share) || in_message(share))
      continue;
    tables.learn(place, no_share{});
    if (tables.misplace(place))
      sum.stale = true;
  }
  tables.set_answered(server);
  return sum;
}

void lose_track(publish_tables& tables, const server_message& sent) {
  for (const auto& planned : sent.shares)
    if (planned.step == share_step::write)
      tables.mark_unknown({sent.server, planned.share});
  if (!tables.asked().kept_map) // then all are asked anew
    tables.look_again(sent.server);
}

bool all_placed(const publish_tables& tables, const server_message& message) {
  return std::ranges::all_of(message.shares, [&](const planned_share& planned) {
    return tables.placed().contains({message.server, planned.share});
  });
}

} // namespace

void in_place::judge(publish_tables& tables, const server_message& sent, const write_outcome& outcome) {
  const auto stale_before = tables.met.stale;
  take(tables, sent, outcome);
  if (tables.asked().kept_map)
    assumed_wrong_ =
        assumed_wrong_ || tables.surprised() || tables.met.stale > stale_before || !all_placed(tables, sent);
}

void in_place::take(publish_tables& tables, const server_message& sent, const write_outcome& outcome) {
  switch (outcome.kind) {
  case write_outcome_kind::written:
    return on_written(tables, sent, outcome);
  case write_outcome_kind::test_failed:
    return on_test_failed(tables, sent, outcome);
  case write_outcome_kind::unknown:
  case write_outcome_kind::malformed:
    lose_track(tables, sent);
    return tables.mark_bad(sent.server, outcome);
  case write_outcome_kind::no_space:
  case write_outcome_kind::read_only:
  case write_outcome_kind::refused:
  case write_outcome_kind::bad_write_enabler:
  case write_outcome_kind::unreachable:
    return tables.mark_bad(sent.server, outcome);
  }
}

void in_place::on_written(publish_tables& tables, const server_message& sent, const write_outcome& outcome) {
  const auto sum = judge_found(tables, sent.server, outcome.found, sent.shares);
  for (const auto& planned : sent.shares) {
    const share_place place{sent.server, planned.share};
    if (planned.step == share_step::write)
      tables.mark_placed(place);
    else if (planned.step == share_step::remove)
      tables.learn(place, no_share{});
  }
  if (sum.stale)
    count_stale_round(tables, sent.server);
}

void in_place::on_test_failed(publish_tables& tables, const server_message& sent,
                              const write_outcome& outcome) {
  const auto sum = judge_found(tables, sent.server, outcome.found, {});
  if (all_placed(tables, sent))
    return;
  // A stale share is replaced with a test on what was seen; for a conflict there is nothing to be done here.
  if (sum.surprised)
    tables.mark_bad(sent.server, outcome);
  else
    count_stale_round(tables, sent.server);
}

void in_place::judge(publish_tables& tables, const server_id& server, const reread_outcome& outcome) {
  const bool assumed = tables.asked().kept_map;
  if (!outcome.answered) {
    assumed_wrong_ = assumed_wrong_ || assumed;
    return;
  }
  const auto sum = judge_found(tables, server, outcome.found, {});
  assumed_wrong_ = assumed_wrong_ || (assumed && (sum.stale || sum.surprised));
  const bool trusted = std::ranges::none_of(tables.problems(), [&](const server_problem& p) {
    return p.server == server && p.kind == write_outcome_kind::malformed;
  });
  if (sum.surprised || !trusted || ++resends_[server] > tables.asked().limits.resends_per_server_max)
    return;
  // It answers again: its old shares are replaced after all, with a test that an earlier copy of ours would
  // fail.
  tables.trust_again(server);
  for (const auto share : tables.map().shares_on(server))
    if (tables.in_range(share))
      tables.aim_at({server, share});
}

void in_place::count_stale_round(publish_tables& tables, const server_id& server) {
  if (++stale_rounds_[server] <= tables.asked().limits.stale_rounds_per_server_max)
    return;
  write_outcome outcome;
  outcome.kind = write_outcome_kind::test_failed;
  outcome.detail = "shows another old share every time it is asked";
  tables.mark_bad(server, outcome);
}

} // namespace truckee::grid
