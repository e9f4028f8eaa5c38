#include "truckee/grid/read/map_update.hpp"

#include <algorithm>
#include <map>

namespace truckee::grid {

std::string_view to_string(map_end end) {
  switch (end) {
  case map_end::running:
    return "running";
  case map_end::satisfied:
    return "satisfied";
  case map_end::all_answered:
    return "all servers answered";
  case map_end::no_private_key:
    return "no private key";
  case map_end::cancelled:
    return "cancelled";
  }
  return "unknown end";
}

map_update::map_update(map_request request) : request_(std::move(request)), map_(request_.mode) {
  for (const auto& [place, version] : request_.known.shares())
    must_answer_.insert(place.server);
  for (const auto& [place, bad] : request_.known.bad_shares())
    must_answer_.insert(place.server);
  const auto add = [this](const server_id& server) {
    if (std::ranges::find(queue_, server) == queue_.end())
      queue_.push_back(server);
  };
  for (const auto& server : request_.servers)
    if (must_answer_.contains(server))
      add(server);
  for (const auto& server : request_.servers)
    add(server);
  // A server that is not in the list any more cannot be asked, so it cannot be waited for.
  std::erase_if(must_answer_,
                [&](const server_id& server) { return std::ranges::find(queue_, server) == queue_.end(); });
  for (const auto& server : queue_)
    map_.set_not_asked(server);
  private_key_ = request_.have_private_key;
  evaluate();
}

std::size_t map_update::boundary() const {
  return std::max<std::size_t>(request_.k, request_.limits.map_boundary_least);
}

std::size_t map_update::first_batch() const {
  std::size_t batch = queue_.size();
  if (!request_.ask_all && (request_.mode == map_mode::anything || request_.mode == map_mode::read))
    batch = std::max(2 * std::size_t{request_.k}, request_.hear_least);
  else if (!request_.ask_all && request_.mode == map_mode::write)
    batch = std::size_t{request_.n} + boundary();
  return std::min(queue_.size(), std::max(batch, must_answer_.size()));
}

std::vector<map_action> map_update::next() {
  std::vector<map_action> out;
  if (done())
    return out;
  if (auto fetch = next_private_key())
    out.push_back(*fetch);
  const auto end = more_ ? more_target_ : queue_.size();
  const bool first_alone = waits_for_the_first();
  while (next_in_queue_ < end) {
    const bool first = next_in_queue_ < first_batch();
    if (!first && first_alone)
      break;
    const std::size_t in_flight_max =
        first ? request_.limits.map_batch_max : request_.limits.map_in_flight_max;
    if (asking_.size() >= in_flight_max)
      break;
    const auto& server = queue_[next_in_queue_++];
    asking_.insert(server);
    out.push_back({map_action::kind::ask, server, {}});
  }
  return out;
}

bool map_update::waits_for_the_first() const {
  if (more_)
    return false;
  if (map_.servers_answered().empty() && map_.servers_failed().empty())
    return true;
  const bool reads = request_.mode == map_mode::anything || request_.mode == map_mode::read;
  return reads && !request_.ask_all && !wide_ && !asking_.empty() && map_.servers_failed().empty() &&
         map_.bad_shares().empty() && map_.versions().size() == 1 &&
         std::ranges::none_of(map_.servers_answered(),
                              [this](const server_id& id) { return map_.shares_on(id).empty(); });
}

bool map_update::wants_private_key() const {
  return !private_key_ && (request_.mode == map_mode::write || request_.mode == map_mode::repair);
}

std::optional<map_action> map_update::next_private_key() {
  if (!wants_private_key() || key_fetching_)
    return std::nullopt;
  for (const auto& [place, version] : map_.shares()) {
    if (key_tried_.contains(place))
      continue;
    key_tried_.insert(place);
    key_fetching_ = place;
    return map_action{map_action::kind::fetch_private_key, place.server, place.share};
  }
  return std::nullopt;
}

void map_update::on_answer(const server_id& server, const map_answer& answer) {
  if (asking_.erase(server) == 0)
    return;
  map_.forget_shares(server);
  std::size_t taken = 0;
  for (const auto& share : answer.good) {
    if (++taken > request_.limits.shares_per_answer_max)
      break;
    map_.add_share({server, share.share}, share.version);
    private_key_ = private_key_ || share.private_key_at_hand;
  }
  for (const auto& share : answer.bad) {
    if (++taken > request_.limits.shares_per_answer_max)
      break;
    map_.mark_bad({server, share.share}, share.seen, share.reason);
  }
  map_.set_answered(server);
  evaluate();
}

void map_update::on_failure(const server_id& server, std::string reason) {
  if (asking_.erase(server) == 0)
    return;
  map_.set_failed(server, std::move(reason));
  evaluate();
}

void map_update::on_private_key(const server_id& server, share_number share, bool right) {
  if (key_fetching_ != share_place{server, share})
    return;
  key_fetching_.reset();
  private_key_ = private_key_ || right;
  evaluate();
}

void map_update::mark_bad(const share_place& place, byte_view seen, std::string reason) {
  map_.mark_bad(place, seen, std::move(reason));
}

bool map_update::ask_more() {
  if (end_ == map_end::cancelled || (next_in_queue_ >= queue_.size() && asking_.empty()))
    return false;
  more_ = true;
  more_target_ = std::min(queue_.size(), next_in_queue_ + request_.limits.map_in_flight_max);
  end_ = map_end::running;
  return true;
}

namespace {

/// So many shares of one version a server may have that has not answered: as many as one that has, or as an even spread over
/// few servers gives each.
std::size_t most_shares_of_a_server(const servermap& map, const map_request& request) {
  const auto servers = std::max<std::size_t>(1, request.servers.size());
  auto most = std::max<std::size_t>(1, (request.n + servers - 1) / servers);
  std::map<server_id, std::size_t> on;
  for (const auto& [place, version] : map.shares())
    most = std::max(most, ++on[place.server]);
  return most;
}

} // namespace

std::set<server_id> map_update::dispensable() const {
  const bool needs_all =
      request_.ask_all || more_ || request_.mode == map_mode::check || request_.mode == map_mode::repair;
  if (done() || needs_all || !map_.best() || !map_.newer_unrecoverable().empty() ||
      map_.servers_answered().size() <= asking_.size() ||
      map_.servers_answered().size() < request_.hear_least ||
      asking_.size() * most_shares_of_a_server(map_, request_) >= request_.k)
    return {};
  return asking_;
}

void map_update::cancel() {
  if (!done())
    end_ = map_end::cancelled;
}

// -- stopping rules --

bool map_update::everyone_known_answered() const {
  return std::ranges::all_of(must_answer_, [&](const server_id& server) {
    return map_.answered(server) || map_.servers_failed().contains(server);
  });
}

bool map_update::read_rule() const {
  return map_.servers_answered().size() >= std::max(2 * std::size_t{request_.k}, request_.hear_least) &&
         map_.best() && map_.newer_unrecoverable().empty();
}

bool map_update::write_rule() const {
  if (!map_.best() || wants_private_key())
    return false;
  std::set<server_id> holders;
  for (const auto& [place, version] : map_.shares())
    holders.insert(place.server);
  std::size_t holders_left = holders.size();
  std::size_t empty_since = 0;
  for (const auto& server : request_.servers) {
    if (holders.contains(server)) {
      --holders_left;
      empty_since = 0;
      continue;
    }
    if (map_.servers_failed().contains(server))
      continue;
    if (!map_.answered(server))
      return false;
    if (map_.shares_on(server).empty()) // only bad shares: neither a holder nor empty
      ++empty_since;
    if (holders_left == 0 && empty_since >= boundary())
      return true;
  }
  return false;
}

bool map_update::satisfied() const {
  if (request_.ask_all || !everyone_known_answered())
    return false;
  switch (request_.mode) {
  case map_mode::anything:
    return map_.best().has_value();
  case map_mode::read:
    return read_rule();
  case map_mode::write:
    return write_rule();
  case map_mode::check:
  case map_mode::repair:
    return false;
  }
  return false;
}

void map_update::evaluate() {
  if (done())
    return;
  if (more_) {
    if (asking_.empty() && next_in_queue_ >= more_target_)
      end_ = more_target_ >= queue_.size() ? map_end::all_answered : map_end::satisfied;
    return;
  }
  if (satisfied()) {
    end_ = map_end::satisfied;
    // Whoever is still silent counts as not asked; ask_more may ask again.
    queue_.insert(queue_.end(), asking_.begin(), asking_.end());
    asking_.clear();
    return;
  }
  if (!asking_.empty() || next_in_queue_ < queue_.size() || key_fetching_)
    return;
  const bool key_left = std::ranges::any_of(
      map_.shares(), [&](const auto& entry) { return !key_tried_.contains(entry.first); });
  if (!wants_private_key())
    end_ = map_end::all_answered;
  else if (!key_left)
    end_ = map_end::no_private_key;
}

} // namespace truckee::grid
