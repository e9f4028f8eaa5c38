#include "truckee/grid/publish/publish_loop.hpp"

#include "truckee/grid/happiness.hpp"
#include "truckee/grid/publish/placement.hpp"

#include <algorithm>

namespace truckee::grid {

namespace {

result<void> check_encoding(const publish_request& request) {
  const auto& v = request.version;
  if (v.k == 0 || v.k > v.n)
    return fail(errc::usage, "k and N must be 1 <= k <= N <= 255, not " + std::to_string(v.k) + " of " +
                                 std::to_string(v.n));
  if (request.happy == 0 || request.happy > v.n)
    return fail(errc::usage, "happy must be between 1 and N = " + std::to_string(v.n) + ", not " +
                                 std::to_string(request.happy));
  return {};
}

result<void> check_sequence(const publish_request& request) {
  const auto& v = request.version;
  if (request.same_version) {
    if (!request.map.recoverable(v))
      return fail(errc::usage,
                  "a repair at the same sequence number needs a version that the map can recover");
    return {};
  }
  auto highest = request.map.highest_sequence();
  for (const auto& sent : request.earlier)
    highest = std::max(highest, sent.sequence);
  if (v.sequence <= highest)
    return fail(errc::usage, "sequence number " + std::to_string(v.sequence.value) + " is not above " +
                                 std::to_string(highest.value) + ", which is in use");
  return {};
}

result<void> check_map(const publish_request& request) {
  if (request.new_file) {
    if (!request.map.shares().empty() || !request.map.bad_shares().empty())
      return fail(errc::usage, "a new file cannot have shares in its map");
    return {};
  }
  const auto mode = request.map.mode();
  if (mode != map_mode::write && mode != map_mode::check && mode != map_mode::repair)
    return fail(errc::usage, "a map made in " + std::string(to_string(mode)) +
                                 " mode does not know enough to publish; make one in write mode");
  return {};
}

} // namespace

result<publish_loop> publish_loop::start(publish_request request) {
  for (const auto check : {check_encoding, check_map, check_sequence})
    if (auto fine = check(request); !fine)
      return tl::unexpected<error>(fine.error());
  std::set<server_id> once;
  std::erase_if(request.servers, [&](const server_id& id) { return !once.insert(id).second; });
  if (request.servers.empty())
    return fail(errc::not_enough_servers, "no storage server is configured or connected");
  return publish_loop(std::move(request));
}

publish_loop::publish_loop(publish_request request) : request_(std::move(request)) {
  if (!request_.base)
    request_.base = request_.map.best();
  for (const auto& [place, version] : request_.map.shares())
    seen_[version].insert(place.share);
  goal_ = request_.order->first_goal(request_.map, request_.version.n);
  for (const auto& place : request_.map.places(request_.version))
    if (ours_may_go_to(place.share))
      placed_.insert(place);
  goal_.insert(placed_.begin(), placed_.end());
  view_ = make_view(request_.version, std::move(request_.map), request_.base, request_.earlier);
  request_.map = {};
}

// -- one turn
// ---------------------------------------------------------------------------------------------------------

publish_actions publish_loop::step() {
  publish_actions out;
  if (!finished() && something_new_ && ++turns_ > request_.limits.publish_turns_max)
    finish(publish_end::loop_limit);
  something_new_ = false;
  if (!finished() && cancelled_ && safe_to_stop())
    finish(publish_end::cancelled);
  if (!finished() && !surprised()) {
    drop_bad_servers();
    place_homeless();
    if (turns_ == 1 && happiness(goal_) < request_.happy)
      finish(publish_end::not_enough_servers); // before anything old is touched
    else
      out.writes = send_needed();
  }
  // Surprised or not, what is under way is waited for, and servers that may hold a late write are looked at.
  if (!finished() && writing_.empty() && rereading_.empty()) {
    out.rereads = send_rereads();
    if (out.rereads.empty() && !surprised() && enough_placed())
      out.writes = send_retirements();
    if (out.rereads.empty() && out.writes.empty()) {
      if (!surprises_.empty())
        finish(publish_end::uncoordinated_write);
      else if (!hidden_.empty())
        finish(publish_end::map_outdated);
      else
        finish(enough_placed() ? publish_end::published : publish_end::not_enough_servers);
    }
  }
  out.finished = finished();
  return out;
}

void publish_loop::drop_bad_servers() {
  std::erase_if(goal_, [&](const share_place& place) {
    if (!bad_.contains(place.server) || placed_.contains(place))
      return false;
    failed_.insert(place);
    return true;
  });
}

std::set<server_id> publish_loop::busy_servers() const {
  std::set<server_id> out;
  for (const auto& [id, message] : writing_)
    out.insert(message.server);
  return out;
}

void publish_loop::place_homeless() {
  // A server that still owes an answer is the last choice for a share that lost its home.
  auto avoid = bad_;
  avoid.merge(busy_servers());
  for (const auto share : homeless_shares(goal_, request_.version.n)) {
    auto place = place_share(share, goal_, request_.servers, avoid);
    if (!place)
      place = place_share(share, goal_, request_.servers, bad_);
    if (!place)
      break; // no server left: what can be reached is judged at the end
    goal_.insert(*place);
  }
  for (const auto& place :
       places_for_happiness(goal_, request_.version.n, request_.happy, request_.servers, bad_))
    goal_.insert(place);
}

publish_message publish_loop::compose(const server_id& server, std::vector<planned_share> shares) {
  const auto id = ++last_id_;
  for (const auto& planned : shares)
    if (planned.step == share_step::write)
      sent_.insert({server, planned.share});
  writing_.emplace(id, sent_message{server, shares});
  return {id, server, std::move(shares)};
}

std::vector<publish_message> publish_loop::send_needed() {
  const auto busy = busy_servers();
  std::map<server_id, std::vector<share_number>> needed;
  for (const auto& place : goal_)
    if (!placed_.contains(place) && !busy.contains(place.server))
      needed[place.server].push_back(place.share);
  const auto at = [this](const share_place& place) { return view_.map.at(place); };
  std::vector<publish_message> out;
  for (const auto& [server, shares] : needed)
    out.push_back(compose(server, request_.order->message(server, shares, at)));
  return out;
}

std::vector<publish_message> publish_loop::send_retirements() {
  std::map<server_id, std::vector<planned_share>> doomed;
  for (const auto& place : request_.order->retire(view_.map, request_.version))
    if (!bad_.contains(place.server) && retired_.insert(place).second)
      doomed[place.server].push_back({place.share, share_step::remove, view_.map.at(place)});
  std::vector<publish_message> out;
  for (auto& [server, shares] : doomed)
    out.push_back(compose(server, std::move(shares)));
  return out;
}

std::vector<reread_message> publish_loop::send_rereads() {
  std::vector<reread_message> out;
  for (const auto& server : to_reread_) {
    rereading_.emplace(++last_id_, server);
    out.push_back({last_id_, server});
  }
  to_reread_.clear();
  return out;
}

bool publish_loop::enough_placed() const {
  std::set<share_number> distinct;
  for (const auto& place : placed_)
    distinct.insert(place.share);
  return distinct.size() >= request_.version.k && happiness(placed_) >= request_.happy;
}

bool publish_loop::safe_to_stop() const {
  if (!request_.base)
    return true;
  std::set<share_number> ours;
  for (const auto& place : placed_)
    ours.insert(place.share);
  if (ours.size() >= request_.version.k)
    return true;
  const auto touched = outstanding();
  std::set<share_number> old;
  for (const auto& place : view_.map.places(*request_.base))
    if (!touched.contains(place) && !unknown_places_.contains(place))
      old.insert(place.share);
  return old.size() >= request_.base->k;
}

void publish_loop::finish(publish_end end) {
  for (const auto& [id, message] : writing_)
    for (const auto& planned : message.shares)
      if (planned.step == share_step::write)
        unknown_places_.insert({message.server, planned.share});
  writing_.clear();
  rereading_.clear();
  to_reread_.clear();
  end_ = end;
}

void publish_loop::cancel() {
  cancelled_ = true;
}

void publish_loop::deadline_passed() {
  if (!finished())
    finish(publish_end::timeout);
}

// -- outcomes
// ---------------------------------------------------------------------------------------------------------

void publish_loop::on_write(message_id id, const write_outcome& outcome) {
  const auto found = writing_.find(id);
  if (found == writing_.end())
    return;
  const auto message = std::move(found->second);
  writing_.erase(found);
  something_new_ = true;
  switch (outcome.kind) {
  case write_outcome_kind::written:
    return on_written(message, outcome);
  case write_outcome_kind::test_failed:
    return on_test_failed(message, outcome);
  case write_outcome_kind::unknown:
  case write_outcome_kind::malformed:
    on_lost_track(message);
    return mark_bad_server(message.server, outcome);
  case write_outcome_kind::no_space:
  case write_outcome_kind::read_only:
  case write_outcome_kind::refused:
  case write_outcome_kind::bad_write_enabler:
  case write_outcome_kind::unreachable:
    return mark_bad_server(message.server, outcome);
  }
}

void publish_loop::on_written(const sent_message& message, const write_outcome& outcome) {
  const auto sum = judge_found(message.server, outcome.found, message.shares);
  for (const auto& planned : message.shares) {
    const share_place place{message.server, planned.share};
    if (planned.step == share_step::write)
      mark_placed(place);
    else if (planned.step == share_step::remove)
      view_.map.forget(place);
  }
  if (sum.stale)
    count_stale_round(message.server);
}

void publish_loop::on_test_failed(const sent_message& message, const write_outcome& outcome) {
  const auto sum = judge_found(message.server, outcome.found, {});
  const bool all_ours = std::ranges::all_of(message.shares, [&](const planned_share& planned) {
    return placed_.contains({message.server, planned.share});
  });
  if (all_ours)
    return;
  // A stale share is replaced with a test on what was seen; for a conflict there is nothing to be done here.
  if (sum.surprised)
    mark_bad_server(message.server, outcome);
  else
    count_stale_round(message.server);
}

void publish_loop::on_lost_track(const sent_message& message) {
  for (const auto& planned : message.shares)
    if (planned.step == share_step::write)
      unknown_places_.insert({message.server, planned.share});
  to_reread_.insert(message.server);
}

void publish_loop::on_reread(message_id id, const reread_outcome& outcome) {
  const auto entry = rereading_.find(id);
  if (entry == rereading_.end())
    return;
  const auto server = entry->second;
  rereading_.erase(entry);
  something_new_ = true;
  if (!outcome.answered)
    return;
  const auto sum = judge_found(server, outcome.found, {});
  const bool trusted = std::ranges::none_of(problems_, [&](const server_problem& p) {
    return p.server == server && p.kind == write_outcome_kind::malformed;
  });
  if (sum.surprised || !trusted || ++resends_[server] > request_.limits.resends_per_server_max)
    return;
  // It answers again: its old shares are replaced after all, with a test that an earlier copy of ours would
  // fail.
  bad_.erase(server);
  for (const auto share : view_.map.shares_on(server))
    if (ours_may_go_to(share))
      goal_.insert({server, share});
}

publish_loop::judged publish_loop::judge_found(const server_id& server,
                                               const std::map<share_number, bytes>& found,
                                               const std::vector<planned_share>& written) {
  judged sum;
  const auto in_message = [&](share_number share) {
    return std::ranges::any_of(written, [&](const planned_share& p) { return p.share == share; });
  };
  for (const auto& [share, seen] : found)
    if (!in_message(share))
      judge_one({server, share}, read_belief(seen), sum);
  // What was believed to be there and is not: the server lost it. Nobody's fault; ours is sent again.
  for (const auto share : view_.map.shares_on(server)) {
    const share_place place{server, share};
    if (found.contains(share) || in_message(share))
      continue;
    view_.map.forget(place);
    if (placed_.erase(place) > 0)
      sum.stale = true;
  }
  view_.map.set_answered(server);
  return sum;
}

std::size_t publish_loop::count_seen(const belief& found, share_number share) {
  const auto* version = std::get_if<file_version>(&found);
  if (!version)
    return 0;
  auto& numbers = seen_[*version];
  numbers.insert(share);
  return numbers.size();
}

void publish_loop::judge_one(const share_place& place, const belief& found, judged& sum) {
  const auto expected = view_.map.at(place);
  const auto what = judge(view_, place, expected, found, count_seen(found, place.share));
  if (what == verdict::expected)
    return;
  if (what == verdict::ours) {
    if (!placed_.contains(place))
      ++(sent_.contains(place) ? own_copies_ : converged_);
    if (ours_may_go_to(place.share))
      mark_placed(place);
    return;
  }
  if (const auto* version = std::get_if<file_version>(&found))
    view_.map.add_share(place, *version);
  else if (const auto* bad = std::get_if<bad_share>(&found))
    view_.map.mark_bad(place, bad->seen, bad->reason);
  else
    view_.map.forget(place);
  placed_.erase(place);
  if (what == verdict::stale) {
    ++stale_met_;
    sum.stale = true;
    if (ours_may_go_to(place.share))
      goal_.insert(place);
    return;
  }
  sum.surprised = true;
  (what == verdict::conflict ? surprises_ : hidden_).push_back({place, expected, found});
}

void publish_loop::mark_placed(const share_place& place) {
  goal_.insert(place);
  placed_.insert(place);
  failed_.erase(place);
  unknown_places_.erase(place);
  view_.map.add_share(place, request_.version);
}

void publish_loop::count_stale_round(const server_id& server) {
  if (++stale_rounds_[server] <= request_.limits.stale_rounds_per_server_max)
    return;
  write_outcome outcome;
  outcome.kind = write_outcome_kind::test_failed;
  outcome.detail = "shows another old share every time it is asked";
  mark_bad_server(server, outcome);
}

void publish_loop::mark_bad_server(const server_id& server, const write_outcome& outcome) {
  bad_.insert(server);
  problems_.push_back({server, outcome.kind, outcome.detail, outcome.recorded_node});
}

// -- what people see
// --------------------------------------------------------------------------------------------------

std::set<share_place> publish_loop::outstanding() const {
  std::set<share_place> out;
  for (const auto& [id, message] : writing_)
    for (const auto& planned : message.shares)
      if (planned.step == share_step::write)
        out.insert({message.server, planned.share});
  return out;
}

publish_report publish_loop::report() const {
  publish_report out;
  out.end = end_;
  out.version = request_.version;
  out.placed = placed_;
  out.happiness = happiness(placed_);
  out.happy = request_.happy;
  std::set<server_id> servers;
  std::set<share_number> numbers;
  for (const auto& place : placed_) {
    servers.insert(place.server);
    numbers.insert(place.share);
  }
  out.servers = servers.size();
  out.distinct_shares = numbers.size();
  out.recoverable = numbers.size() >= request_.version.k;
  out.best_seen =
      std::ranges::all_of(seen_, [&](const auto& entry) { return entry.first <= request_.version; });
  for (const auto& place : unknown_places_)
    out.unknown_servers.insert(place.server);
  out.surprises = surprises_;
  out.hidden = hidden_;
  const auto is_surprise = [&](const share_place& place) {
    const auto at = [&](const uncoordinated_share& x) { return x.place == place; };
    return std::ranges::any_of(surprises_, at) || std::ranges::any_of(hidden_, at);
  };
  for (const auto& [place, version] : view_.map.shares())
    if (version < request_.version && !is_surprise(place))
      out.stale.emplace(place, version);
  for (const auto& [place, bad] : view_.map.bad_shares())
    out.stale.emplace(place, bad);
  out.stale_met = stale_met_;
  out.own_copies = own_copies_;
  out.converged = converged_;
  out.problems = problems_;
  out.map = view_.map;
  out.turns = turns_;
  out.messages = last_id_;
  return out;
}

publish_status publish_loop::status() const {
  publish_status out;
  out.end = end_;
  const auto under_way = outstanding();
  out.goal = goal_.size();
  out.outstanding = under_way.size();
  out.placed = placed_.size();
  out.progress = end_ == publish_end::published ? 1.0
                 : goal_.empty()                ? 0.0
                                                : double(placed_.size()) / double(goal_.size());
  for (const auto& [place, version] : view_.map.shares())
    if (version != request_.version)
      out.places[place] = version < request_.version ? share_state::stale : share_state::failed;
  for (const auto& [place, bad] : view_.map.bad_shares())
    out.places[place] = share_state::stale;
  const auto paint = [&](const std::set<share_place>& places, share_state state) {
    for (const auto& place : places)
      out.places[place] = state;
  };
  paint(goal_, share_state::goal);
  paint(failed_, share_state::failed);
  paint(unknown_places_, share_state::unknown);
  paint(under_way, share_state::outstanding);
  paint(placed_, share_state::placed);
  out.text = finished() ? std::string(to_string(end_))
             : under_way.empty() && !rereading_.empty()
                 ? "Looking again at servers that did not answer"
                 : "Sending shares: " + std::to_string(out.placed) + " placed of " +
                       std::to_string(out.goal) + ", " + std::to_string(out.outstanding) + " outstanding";
  return out;
}

} // namespace truckee::grid
