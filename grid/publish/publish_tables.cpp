#include "truckee/grid/publish/publish_tables.hpp"

#include "truckee/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace truckee::grid {

publish_tables::publish_tables(publish_request request) : request_(std::move(request)) {
  if (!request_.base)
    request_.base = request_.map.best();
  for (const auto& [place, version] : request_.map.shares())
    seen_[version].insert(place.share);
  view_ = make_view(request_.version, std::move(request_.map), request_.base, std::move(request_.earlier));
  request_.map = {};
  request_.earlier = {};
}

std::set<share_place> publish_tables::outstanding() const {
  std::set<share_place> out;
  for (const auto& [id, message] : writing_)
    for (const auto& planned : message.shares)
      if (planned.step == share_step::write)
        out.insert({message.server, planned.share});
  return out;
}

std::set<server_id> publish_tables::busy() const {
  std::set<server_id> out;
  for (const auto& [id, message] : writing_)
    out.insert(message.server);
  return out;
}

bool publish_tables::is_busy(const server_id& server) const {
  return std::ranges::any_of(writing_, [&](const auto& sent) { return sent.second.server == server; });
}

void publish_tables::give_up(const share_place& place) {
  if (!placed_.contains(place) && goal_.erase(place) > 0)
    failed_.insert(place);
}

void publish_tables::mark_placed(const share_place& place) {
  goal_.insert(place);
  placed_.insert(place);
  landed_.insert(place.share);
  failed_.erase(place);
  unknown_.erase(place);
  view_.map.add_share(place, request_.version);
}

void publish_tables::mark_unknown(const share_place& place) {
  unknown_.insert(place);
  landed_.insert(place.share);
}

void publish_tables::learn(const share_place& place, const belief& what) {
  if (const auto* version = std::get_if<file_version>(&what))
    view_.map.add_share(place, *version);
  else if (const auto* bad = std::get_if<bad_share>(&what))
    view_.map.mark_bad(place, bad->seen, bad->reason);
  else
    view_.map.forget(place);
}

std::size_t publish_tables::count_seen(const file_version& version, share_number share) {
  auto& numbers = seen_[version];
  numbers.insert(share);
  return numbers.size();
}

void publish_tables::mark_bad(const server_id& server, const write_outcome& why) {
  bad_.insert(server);
  problems_.push_back({server, why.kind, why.detail, why.recorded_node});
}

message_id publish_tables::send(server_message message) {
  TRUCKEE_ASSERT(!is_busy(message.server), "a server has one message under way at most");
  for (const auto& planned : message.shares) {
    if (planned.step != share_step::write)
      continue;
    const share_place place{message.server, planned.share};
    TRUCKEE_ASSERT(goal_.contains(place) && !placed_.contains(place),
                   "what is written is a goal and not placed");
    sent_.insert(place);
  }
  writing_.emplace(++last_id_, std::move(message));
  return last_id_;
}

message_id publish_tables::send_reread(const server_id& server) {
  rereading_.emplace(++last_id_, server);
  return last_id_;
}

namespace {

template <class T>
std::optional<T> take(std::map<message_id, T>& from, message_id id) {
  const auto at = from.find(id);
  if (at == from.end())
    return std::nullopt;
  std::optional<T> out(std::move(at->second));
  from.erase(at);
  return out;
}

} // namespace

std::optional<server_message> publish_tables::settle(message_id id) {
  auto out = take(writing_, id);
  settled_ += out ? 1 : 0;
  return out;
}

std::vector<server_message> publish_tables::settle_all() {
  std::vector<server_message> out;
  while (!writing_.empty())
    out.push_back(*settle(writing_.begin()->first));
  return out;
}

std::optional<server_id> publish_tables::settle_reread(message_id id) {
  const auto out = take(rereading_, id);
  settled_ += out ? 1 : 0;
  return out;
}

std::set<server_id> publish_tables::take_rereads() {
  return std::exchange(to_reread_, {});
}

void publish_tables::abandon() {
  for (const auto& place : outstanding())
    mark_unknown(place);
  settled_ += writing_.size() + rereading_.size();
  writing_.clear();
  rereading_.clear();
  to_reread_.clear();
}

void publish_tables::check() const {
  TRUCKEE_ASSERT(std::ranges::includes(goal_, placed_), "what is placed is a goal");
  TRUCKEE_ASSERT(std::ranges::none_of(placed_, [&](const auto& x) { return failed_.contains(x); }),
                 "what is placed has not failed");
  TRUCKEE_ASSERT(std::ranges::none_of(placed_, [&](const auto& x) { return unknown_.contains(x); }),
                 "what is placed is not unknown");
  TRUCKEE_ASSERT(std::ranges::all_of(goal_, [&](const auto& x) { return in_range(x.share); }),
                 "the goal has share numbers below N");
  TRUCKEE_ASSERT(settled_ + writing_.size() + rereading_.size() == last_id_,
                 "each message has one outcome or is under way");
}

} // namespace truckee::grid
