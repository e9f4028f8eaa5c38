#pragma once

#include "truckee/grid/limits.hpp"
#include "truckee/grid/servermap.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

/// Which shares to fetch for one version, until k good ones are there.
namespace truckee::grid {

/// What a share that was fetched turned out to be.
enum class share_verdict : std::uint8_t {
  good,    ///< verified up to the signed root
  bad,     ///< does not verify: the server lied or its disk did
  changed, ///< is of another version now: somebody wrote
  gone,    ///< the server has no such share any more
};

/// How far a read is.
enum class retrieve_state : std::uint8_t {
  fetching,
  enough,     ///< k distinct good shares: decode
  needs_more, ///< nothing left to fetch in this map: ask more servers (map_update::ask_more), then add_places
  not_possible, ///< give_up() was called
};
std::string_view to_string(retrieve_state state);

/// A server whose share did not verify; reported with the read.
struct lying_server {
  server_id server;
  share_number share;
  std::string reason;
};

/// Asks "what next", is told "what happened".
class retrieve_plan {
public:
  /// `fast` servers (known good latency) are preferred, in their order.
  retrieve_plan(const servermap& map, file_version version, std::vector<server_id> fast = {},
                grid_limits limits = {});

  /// Fetches to start now: distinct share numbers, spread over servers, as many as are missing to k.
  std::vector<share_place> next();

  void on_verdict(const share_place& place, share_verdict what, std::string reason = {});
  /// No answer: other shares on that server are tried last. `timed_out` fetches may still answer: on_verdict
  /// counts.
  void on_failure(const share_place& place, std::string reason);
  /// Slow, not failed: starts a replacement while the fetch goes on.
  void on_slow(const share_place& place);
  /// What a bigger map found since.
  void add_places(const servermap& map);
  void give_up();

  retrieve_state state() const { return state_; }
  const file_version& version() const { return version_; }
  /// One place per good share number.
  std::map<share_number, server_id> good() const { return good_; }
  const std::vector<lying_server>& lying() const { return lying_; }
  const std::map<share_place, std::string>& failures() const { return failed_; }
  /// A share turned out to be of another version: somebody wrote meanwhile.
  bool changed() const { return changed_; }

private:
  std::optional<share_place> choose() const;
  void update();

  file_version version_;
  std::map<server_id, std::size_t> speed_rank_;
  grid_limits limits_;
  std::set<share_place> candidates_; ///< not tried yet
  std::set<share_place> tried_;
  std::set<share_place> judged_; ///< a verdict came
  std::set<share_place> fetching_;
  std::set<share_place> slow_;
  std::map<share_number, server_id> good_;
  std::map<share_place, std::string> failed_;
  std::map<server_id, std::size_t> load_; ///< fetches started per server
  std::set<server_id> doubtful_;          ///< failed once
  std::vector<lying_server> lying_;
  bool changed_ = false;
  retrieve_state state_ = retrieve_state::fetching;
};

} // namespace truckee::grid
