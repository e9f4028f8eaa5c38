#include "truckee/grid/servermap.hpp"

#include "truckee/grid/happiness.hpp"

#include <algorithm>
#include <bitset>

namespace truckee::grid {

std::string_view to_string(map_mode mode) {
  switch (mode) {
  case map_mode::anything:
    return "anything";
  case map_mode::read:
    return "read";
  case map_mode::write:
    return "write";
  case map_mode::check:
    return "check";
  case map_mode::repair:
    return "repair";
  }
  return "unknown mode";
}

std::string_view to_string(file_health health) {
  switch (health) {
  case file_health::healthy:
    return "healthy";
  case file_health::recoverable:
    return "recoverable";
  case file_health::unrecoverable:
    return "unrecoverable";
  }
  return "unknown health";
}

std::string describe(const belief& what) {
  if (const auto* version = std::get_if<file_version>(&what))
    return describe(*version);
  return std::holds_alternative<bad_share>(what) ? "a damaged share" : "nothing";
}

void servermap::add_share(const share_place& place, const file_version& version) {
  bad_.erase(place);
  shares_.insert_or_assign(place, version);
}

void servermap::mark_bad(const share_place& place, byte_view seen, std::string reason) {
  shares_.erase(place);
  const auto kept = seen.first(std::min(seen.size(), prefix_read_size));
  bad_.insert_or_assign(place, bad_share{to_bytes(kept), std::move(reason)});
}

void servermap::forget(const share_place& place) {
  shares_.erase(place);
  bad_.erase(place);
}

void servermap::forget_shares(const server_id& server) {
  const auto here = [&](const auto& entry) { return entry.first.server == server; };
  std::erase_if(shares_, here);
  std::erase_if(bad_, here);
}

void servermap::set_answered(const server_id& server) {
  answered_.insert(server);
  failed_.erase(server);
  not_asked_.erase(server);
}

void servermap::set_failed(const server_id& server, std::string reason) {
  forget_shares(server);
  answered_.erase(server);
  not_asked_.erase(server);
  failed_.insert_or_assign(server, std::move(reason));
}

void servermap::set_not_asked(const server_id& server) {
  if (!answered_.contains(server) && !failed_.contains(server))
    not_asked_.insert(server);
}

belief servermap::at(const share_place& place) const {
  if (const auto good = shares_.find(place); good != shares_.end())
    return good->second;
  if (const auto bad = bad_.find(place); bad != bad_.end())
    return bad->second;
  return no_share{};
}

std::vector<share_number> servermap::shares_on(const server_id& server) const {
  std::vector<share_number> out;
  const share_place first{server, share_number{0}};
  for (auto it = shares_.lower_bound(first); it != shares_.end() && it->first.server == server; ++it)
    out.push_back(it->first.share);
  const auto good = static_cast<std::ptrdiff_t>(out.size());
  for (auto it = bad_.lower_bound(first); it != bad_.end() && it->first.server == server; ++it)
    out.push_back(it->first.share);
  std::inplace_merge(out.begin(), out.begin() + good, out.end()); // no share is both
  return out;
}

std::set<file_version> servermap::versions() const {
  std::set<file_version> out;
  for (const auto& [place, version] : shares_)
    out.insert(version);
  return out;
}

bool servermap::knows(const file_version& version) const {
  return std::ranges::any_of(shares_, [&](const auto& entry) { return entry.second == version; });
}

std::set<share_number> servermap::share_numbers(const file_version& version) const {
  std::set<share_number> out;
  for (const auto& [place, held] : shares_)
    if (held == version)
      out.insert(place.share);
  return out;
}

std::vector<share_place> servermap::places(const file_version& version) const {
  std::vector<share_place> out;
  for (const auto& [place, held] : shares_)
    if (held == version)
      out.push_back(place);
  return out;
}

bool servermap::recoverable(const file_version& version) const {
  std::bitset<256> numbers;
  for (const auto& [place, held] : shares_)
    if (held == version)
      numbers.set(place.share.value);
  return numbers.any() && numbers.count() >= version.k;
}

std::vector<file_version> servermap::recoverable_versions() const {
  std::vector<file_version> out;
  for (const auto& version : versions())
    if (recoverable(version))
      out.push_back(version);
  return out;
}

std::vector<file_version> servermap::unrecoverable_versions() const {
  std::vector<file_version> out;
  for (const auto& version : versions())
    if (!recoverable(version))
      out.push_back(version);
  return out;
}

std::optional<file_version> servermap::best() const {
  const auto all = recoverable_versions();
  if (all.empty())
    return std::nullopt;
  return all.back();
}

sequence_number servermap::highest_sequence() const {
  sequence_number out;
  for (const auto& [place, version] : shares_)
    out = std::max(out, version.sequence);
  return out;
}

std::vector<file_version> servermap::newer_unrecoverable() const {
  auto out = unrecoverable_versions();
  if (const auto top = best())
    std::erase_if(out, [&](const file_version& v) { return v.sequence <= top->sequence; });
  return out;
}

map_summary servermap::summary() const {
  map_summary out;
  for (const auto& version : versions()) {
    version_health one;
    one.version = version;
    one.places = places(version);
    one.distinct_shares = share_numbers(version).size();
    std::set<server_id> servers;
    for (const auto& place : one.places)
      servers.insert(place.server);
    one.servers = servers.size();
    one.happiness = happiness({one.places.begin(), one.places.end()});
    one.recoverable = one.distinct_shares >= version.k;
    out.versions.push_back(std::move(one));
  }
  std::ranges::reverse(out.versions);
  for (const auto& [place, bad] : bad_)
    out.bad.emplace_back(place, bad.reason);
  out.servers_answered = answered_.size();
  out.servers_failed = failed_.size();
  out.servers_not_asked = not_asked_.size();

  const bool any = std::ranges::any_of(out.versions, &version_health::recoverable);
  const bool whole = out.versions.size() == 1 && out.bad.empty() &&
                     out.versions.front().distinct_shares == out.versions.front().version.n;
  out.health = !any ? file_health::unrecoverable : whole ? file_health::healthy : file_health::recoverable;
  return out;
}

} // namespace truckee::grid
