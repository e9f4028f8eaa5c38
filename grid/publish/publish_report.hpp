#pragma once

#include "truckee/grid/limits.hpp"
#include "truckee/grid/publish/surprise.hpp"
#include "truckee/grid/publish/write_order.hpp"
#include "truckee/grid/share_state.hpp"

#include "truckee/base/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

/// What a publish is given, is told, and says.
namespace truckee::grid {

struct publish_request {
  file_version version; ///< what is published; carries k and N
  std::uint8_t happy = 1;
  servermap map;                    ///< made in write, check or repair mode; empty for a new file
  bool new_file = false;            ///< nothing can be there, no map was made
  bool same_version = false;        ///< repair: fills in shares of a version that is in the map
  std::optional<file_version> base; ///< whose content ours replaces; the map's best one unless set
  std::vector<server_id> servers;   ///< permuted order
  std::set<file_version> earlier;   ///< versions this writer sent before, ended or not
  grid_limits limits;
  std::shared_ptr<const write_order> order = in_place_order();
};

/// Names a message within one publish, from 1 on.
using message_id = std::uint32_t;

/// One message to one server.
struct publish_message {
  message_id id = 0;
  server_id server;
  std::vector<planned_share> shares;
};

/// Ask a server for (0, 75) of each of its shares of the slot; deadline: limits.reread_deadline.
struct reread_message {
  message_id id = 0;
  server_id server;
};

/// What the shell does next. All empty and not finished: wait for an outcome.
struct publish_actions {
  std::vector<publish_message> writes;
  std::vector<reread_message> rereads;
  bool finished = false;
};

enum class write_outcome_kind : std::uint8_t {
  written,           ///< all of the message took effect
  test_failed,       ///< nothing was written
  no_space,          ///< nothing was written
  read_only,         ///< nothing was written
  refused,           ///< nothing was written; a policy or an error of the server
  bad_write_enabler, ///< nothing was written
  unreachable,       ///< the message was not sent
  unknown,           ///< timeout or connection lost after sending: it may land, now or later
  malformed,         ///< the answer breaks the protocol: it may have landed
};
inline constexpr std::size_t write_outcome_kind_count = 9;
std::string_view to_string(write_outcome_kind kind);

/// What one message brought. `found`: the first bytes (at most 75) of each share of the slot before the
/// write.
struct write_outcome {
  write_outcome_kind kind = write_outcome_kind::unknown;
  std::map<share_number, bytes> found; ///< with written and test_failed
  std::string detail;
  std::uint64_t bytes_available = 0;      ///< with no_space
  std::optional<server_id> recorded_node; ///< with bad_write_enabler
};

/// What a re-read brought; not answered: the server stays unknown.
struct reread_outcome {
  bool answered = false;
  std::map<share_number, bytes> found;
  std::string detail;
};

enum class publish_end : std::uint8_t {
  running,
  published,
  uncoordinated_write, ///< another writer is at work
  map_outdated,        ///< a version was found that the map could not see: map again, publish above it
  not_enough_servers,
  timeout,
  cancelled,
  loop_limit,
};
std::string_view to_string(publish_end end);

struct server_problem {
  server_id server;
  write_outcome_kind kind = write_outcome_kind::unknown;
  std::string detail;
  std::optional<server_id> recorded_node;
};

/// The answer of a publish, good or bad.
struct publish_report {
  publish_end end = publish_end::running;
  file_version version;
  std::set<share_place> placed;
  std::size_t servers = 0;   ///< distinct servers in placed
  std::size_t happiness = 0; ///< matching over placed
  std::size_t happy = 0;     ///< what was asked for
  std::size_t distinct_shares = 0;
  bool recoverable = false;                   ///< at least k distinct shares of ours are placed
  bool best_seen = true;                      ///< no greater version was seen anywhere
  std::set<server_id> unknown_servers;        ///< a write to them may have landed, or may yet
  std::map<share_place, belief> stale;        ///< old or damaged shares left behind
  std::vector<uncoordinated_share> surprises; ///< with uncoordinated_write
  std::vector<uncoordinated_share> hidden;    ///< with map_outdated
  std::size_t stale_met = 0;            ///< shares unlike the map, old or damaged; not counted: what was lost
  std::size_t own_copies = 0;           ///< shares of ours that an earlier copy of a message had brought
  std::size_t converged = 0;            ///< shares of ours where we had sent none
  std::vector<server_problem> problems; ///< first one is the first error
  servermap map;                        ///< as known now
  std::uint32_t turns = 0;
  std::uint32_t messages = 0;

  bool ok() const { return end == publish_end::published; }
  /// The typed error with a sentence for people, in which servers are called as `name` says; nothing when
  /// published.
  std::optional<error> failure(const std::function<std::string(const server_id&)>& name = short_id) const;
  /// The first digits of an id, for those who know no names.
  static std::string short_id(const server_id& id);
};

/// For live display; cheap enough to take after every outcome.
struct publish_status {
  publish_end end = publish_end::running;
  std::size_t goal = 0;
  std::size_t outstanding = 0;
  std::size_t placed = 0;
  double progress = 0; ///< 0..1
  std::string text;    ///< "Sending shares: 7 placed of 10, 3 outstanding"
  std::map<share_place, share_state> places;
};

} // namespace truckee::grid
