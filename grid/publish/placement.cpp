#include "truckee/grid/publish/placement.hpp"

#include "truckee/grid/happiness.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace truckee::grid {

std::vector<server_id> permuted_order(std::vector<ranked_server> servers) {
  std::ranges::sort(servers, [](const ranked_server& a, const ranked_server& b) {
    return std::tuple(!a.preferred, a.rank, a.id) < std::tuple(!b.preferred, b.rank, b.id);
  });
  std::vector<server_id> out;
  out.reserve(servers.size());
  for (const auto& server : servers)
    out.push_back(server.id);
  return out;
}

std::vector<share_number> homeless_shares(const std::set<share_place>& goal, std::size_t n) {
  std::array<bool, 256> housed{};
  for (const auto& place : goal)
    housed.at(place.share.value) = true;
  std::vector<share_number> out;
  for (std::size_t share = 0; share < n; ++share)
    if (!housed.at(share))
      out.push_back(share_number{static_cast<std::uint8_t>(share)});
  return out;
}

namespace {

std::map<server_id, std::size_t> shares_per_server(const std::set<share_place>& goal) {
  std::map<server_id, std::size_t> out;
  for (const auto& place : goal)
    ++out[place.server];
  return out;
}

} // namespace

std::optional<share_place> place_share(share_number share, const std::set<share_place>& goal,
                                       const std::vector<server_id>& permuted,
                                       const std::set<server_id>& bad) {
  const auto load = shares_per_server(goal);
  const server_id* best = nullptr;
  std::size_t best_load = 0;
  for (const auto& server : permuted) {
    if (bad.contains(server) || goal.contains({server, share}))
      continue;
    const auto found = load.find(server);
    const std::size_t here = found == load.end() ? 0 : found->second;
    if (!best || here < best_load) {
      best = &server;
      best_load = here;
    }
  }
  if (!best)
    return std::nullopt;
  return share_place{*best, share};
}

std::vector<share_place> places_for_happiness(const std::set<share_place>& goal, std::size_t n,
                                              std::size_t happy, const std::vector<server_id>& permuted,
                                              const std::set<server_id>& bad) {
  std::vector<share_place> added;
  auto reached = happiness(goal);
  if (reached >= happy)
    return added; // as it is after nearly every answer
  // No matching is larger than either side: do not search for what cannot be.
  std::set<server_id> reachable;
  for (const auto& place : goal)
    reachable.insert(place.server);
  for (const auto& server : permuted)
    if (!bad.contains(server))
      reachable.insert(server);
  happy = std::min({happy, n, reachable.size()});
  auto grown = goal;
  // A place raises a maximum matching by at most one, so one that does not raise it is not worth a share.
  for (const auto& server : permuted) {
    if (reached >= happy)
      break;
    if (bad.contains(server))
      continue;
    for (std::size_t number = 0; number < n; ++number) {
      const share_place place{server, share_number{static_cast<std::uint8_t>(number)}};
      if (!grown.insert(place).second)
        continue;
      if (const auto now = happiness(grown); now > reached) {
        reached = now;
        added.push_back(place);
        break;
      }
      grown.erase(place);
    }
  }
  return added;
}

} // namespace truckee::grid
