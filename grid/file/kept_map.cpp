#include "truckee/grid/file/kept_map.hpp"

#include "truckee/grid/strict/rules.hpp"

#include <algorithm>
#include <utility>

namespace truckee::grid {

std::string_view to_string(kept_map_use use) {
  switch (use) {
  case kept_map_use::none:
    return "none";
  case kept_map_use::used:
    return "used";
  case kept_map_use::stale:
    return "stale";
  }
  return "unknown use";
}

namespace {

/// One version, all its shares, nothing else, and every server answered that was written to.
bool left_whole(const publish_report& report) {
  const auto& map = report.map;
  const bool whole = report.ok() && report.distinct_shares == report.version.n && report.best_seen &&
                     report.problems.empty() && report.unknown_servers.empty() && report.hidden.empty();
  const bool seen = map.servers_failed().empty() && map.bad_shares().empty();
  const auto is_ours = [&](const auto& entry) { return entry.second == report.version; };
  return whole && seen && std::ranges::all_of(map.shares(), is_ours);
}

servermap assumed(const publish_report& report) {
  servermap out(map_mode::write);
  for (const auto& [place, version] : report.map.shares())
    out.add_share(place, version);
  return out;
}

} // namespace

std::optional<servermap> map_left_by(const publish_report& report) {
  // Only a write map knows which servers without shares have to be looked at: those up to its boundary.
  if (report.map.mode() != map_mode::write || !left_whole(report))
    return std::nullopt;
  auto out = assumed(report);
  for (const auto& server : report.map.servers_answered())
    out.set_not_asked(server);
  return out;
}

std::optional<servermap> map_left_by_new(const publish_report& report, const std::vector<server_id>& order,
                                         const grid_limits& limits) {
  if (!left_whole(report))
    return std::nullopt;
  auto out = assumed(report);
  const std::size_t boundary = std::max<std::size_t>(report.version.k, limits.map_boundary_least);
  auto holders_left = report.servers;
  std::size_t empty_since = 0;
  for (const auto& server : order) {
    if (holders_left == 0 && empty_since >= boundary)
      break;
    const bool holds = !out.shares_on(server).empty();
    holders_left -= holds ? 1 : 0;
    empty_since = holds ? 0 : empty_since + 1;
    out.set_not_asked(server);
  }
  return out;
}

bool fits(const kept_map& kept, const file_servers& servers, const std::optional<spread>& wanted,
          std::chrono::steady_clock::time_point now, const grid_limits& limits) {
  const auto version = kept.map.best();
  const auto is_empty = [&](const server_id& server) { return kept.map.shares_on(server).empty(); };
  // They are looked at all at once.
  if (std::cmp_greater(std::ranges::count_if(kept.map.servers_not_asked(), is_empty), limits.map_batch_max))
    return false;
  return version && servers == kept.servers && now - kept.mapped < limits.kept_map_age &&
         (!wanted || (wanted->needed == version->k && wanted->total == version->n));
}

std::optional<kept_map> kept_strictly(const publish_report& report, const shared_bytes& content,
                                      std::chrono::steady_clock::time_point mapped,
                                      const grid_limits& limits) {
  if (!report.ok() || !report.strict || !report.strict->left || !strict::may_begin_on(*report.strict->left))
    return std::nullopt;
  kept_map out{{}, {}, mapped, *report.strict->left};
  if (content.size() <= limits.kept_content_max)
    out.content = content;
  return out;
}

bool fits_strictly(const kept_map& kept, const strict_setting& setting, bool wants_content,
                   std::chrono::steady_clock::time_point now, const grid_limits& limits) {
  return kept.slots && (kept.content || !wants_content) &&
         hash_of(kept.slots->setting()) == hash_of(setting) &&
         kept.slots->setting().neighbour() == setting.neighbour() && now - kept.mapped < limits.kept_map_age;
}

} // namespace truckee::grid
