#pragma once

#include "truckee/grid/servermap.hpp"

#include <optional>
#include <set>
#include <vector>

/// Where shares go.
namespace truckee::grid {

/// SHA-1(storage index || permutation seed) of one server; computed by the caller. Source:
/// docs/formats.md section 13.
using placement_rank = crypto::permutation_rank;

/// A server with its place in one file's order.
struct ranked_server {
  server_id id;
  placement_rank rank;
  bool preferred = false; ///< named in the configuration: comes first
};

/// The permuted list: preferred servers first, each group by rank. Equal ranks keep the order of their ids.
std::vector<server_id> permuted_order(std::vector<ranked_server> servers);

/// Share numbers 0..n-1 that have no place in `goal`, in ascending order.
std::vector<share_number> homeless_shares(const std::set<share_place>& goal, std::size_t n);

/// The place for one more share: the server with fewest shares in `goal`, earliest in `permuted`, not in
/// `bad`, and without that share number already. Nothing when no server is left.
std::optional<share_place> place_share(share_number share, const std::set<share_place>& goal,
                                       const std::vector<server_id>& permuted,
                                       const std::set<server_id>& bad);

/// Places that, added to `goal`, raise its happiness to `happy` or as far as the servers allow. Empty when it
/// is happy already. Needed where an older file has its shares on fewer servers than there are now.
std::vector<share_place> places_for_happiness(const std::set<share_place>& goal, std::size_t n,
                                              std::size_t happy, const std::vector<server_id>& permuted,
                                              const std::set<server_id>& bad);

} // namespace truckee::grid
