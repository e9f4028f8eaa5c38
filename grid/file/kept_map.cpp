#include "truckee/grid/file/kept_map.hpp"

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

std::optional<servermap> map_left_by(const publish_report& report) {
  const auto& map = report.map;
  const bool whole = report.ok() && report.distinct_shares == report.version.n && report.best_seen &&
                     report.problems.empty() && report.unknown_servers.empty() && report.hidden.empty();
  // Only a write map knows which servers without shares have to be looked at: those up to its boundary.
  const bool complete =
      map.mode() == map_mode::write && map.servers_failed().empty() && map.bad_shares().empty();
  const auto is_ours = [&](const auto& entry) { return entry.second == report.version; };
  if (!whole || !complete || !std::ranges::all_of(map.shares(), is_ours))
    return std::nullopt;
  servermap out(map_mode::write);
  for (const auto& [place, version] : map.shares())
    out.add_share(place, version);
  for (const auto& server : map.servers_answered())
    out.set_not_asked(server);
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

} // namespace truckee::grid
