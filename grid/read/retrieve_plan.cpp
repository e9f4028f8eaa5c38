#include "truckee/grid/read/retrieve_plan.hpp"

#include <algorithm>
#include <tuple>

namespace truckee::grid {

std::string_view to_string(retrieve_state state) {
  switch (state) {
  case retrieve_state::fetching:
    return "fetching";
  case retrieve_state::enough:
    return "enough";
  case retrieve_state::needs_more:
    return "needs more servers";
  case retrieve_state::not_possible:
    return "not possible";
  }
  return "unknown state";
}

retrieve_plan::retrieve_plan(const servermap& map, file_version version, std::vector<server_id> fast,
                             grid_limits limits)
  : version_(version), limits_(limits) {
  for (std::size_t i = 0; i < fast.size(); ++i)
    speed_rank_.emplace(fast[i], i);
  add_places(map);
}

void retrieve_plan::add_places(const servermap& map) {
  for (const auto& place : map.places(version_))
    if (!tried_.contains(place))
      candidates_.insert(place);
  if (state_ == retrieve_state::needs_more)
    state_ = retrieve_state::fetching;
  update();
}

std::optional<share_place> retrieve_plan::choose() const {
  // Numbers that are on their way count as had, unless their server is slow.
  std::set<share_number> covered;
  for (const auto& [share, server] : good_)
    covered.insert(share);
  for (const auto& place : fetching_)
    if (!slow_.contains(place))
      covered.insert(place.share);
  const auto cost = [&](const share_place& place) {
    const auto load = load_.find(place.server);
    const auto speed = speed_rank_.find(place.server);
    return std::tuple(doubtful_.contains(place.server), load == load_.end() ? 0 : load->second,
                      speed == speed_rank_.end() ? speed_rank_.size() : speed->second, place.share);
  };
  std::optional<share_place> best;
  for (const auto& place : candidates_) {
    if (covered.contains(place.share))
      continue;
    if (!best || cost(place) < cost(*best))
      best = place;
  }
  return best;
}

std::vector<share_place> retrieve_plan::next() {
  std::vector<share_place> out;
  if (state_ != retrieve_state::fetching)
    return out;
  const auto promising = [this] {
    std::set<share_number> numbers;
    for (const auto& [share, server] : good_)
      numbers.insert(share);
    for (const auto& place : fetching_)
      if (!slow_.contains(place))
        numbers.insert(place.share);
    return numbers.size();
  };
  while (promising() < version_.k && fetching_.size() < limits_.fetches_in_flight_max) {
    const auto place = choose();
    if (!place)
      break;
    candidates_.erase(*place);
    tried_.insert(*place);
    fetching_.insert(*place);
    ++load_[place->server];
    out.push_back(*place);
  }
  update();
  return out;
}

void retrieve_plan::on_verdict(const share_place& place, share_verdict what, std::string reason) {
  // A late answer of a fetch that was given up still counts.
  if (!tried_.contains(place) || judged_.contains(place))
    return;
  judged_.insert(place);
  fetching_.erase(place);
  slow_.erase(place);
  failed_.erase(place);
  switch (what) {
  case share_verdict::good:
    good_.emplace(place.share, place.server);
    break;
  case share_verdict::bad:
    lying_.push_back({place.server, place.share, std::move(reason)});
    break;
  case share_verdict::changed:
    changed_ = true;
    failed_.emplace(place, "is of another version now");
    break;
  case share_verdict::gone:
    failed_.emplace(place, "is gone");
    break;
  }
  update();
}

void retrieve_plan::on_failure(const share_place& place, std::string reason) {
  if (fetching_.erase(place) == 0)
    return;
  slow_.erase(place);
  doubtful_.insert(place.server);
  failed_.insert_or_assign(place, std::move(reason));
  update();
}

void retrieve_plan::on_slow(const share_place& place) {
  if (fetching_.contains(place)) {
    slow_.insert(place);
    doubtful_.insert(place.server);
  }
}

void retrieve_plan::give_up() {
  if (state_ != retrieve_state::enough)
    state_ = retrieve_state::not_possible;
}

void retrieve_plan::update() {
  if (state_ == retrieve_state::not_possible)
    return;
  if (good_.size() >= version_.k)
    state_ = retrieve_state::enough;
  else if (fetching_.empty() && !choose())
    state_ = retrieve_state::needs_more;
  else
    state_ = retrieve_state::fetching;
}

} // namespace truckee::grid
