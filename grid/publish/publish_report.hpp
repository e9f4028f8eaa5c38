#pragma once

#include "truckee/base/result.hpp"
#include "truckee/grid/publish/publish_message.hpp"
#include "truckee/grid/publish/surprise.hpp"
#include "truckee/grid/share_seal.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace truckee::grid {

class publish_tables;
class slot_map;

/// How a publish ended.
enum class publish_end : std::uint8_t {
  running,
  published,           ///< safe: the order's own rule holds
  uncoordinated_write, ///< another writer is at work
  map_outdated,        ///< a version was found that the map could not see: map again, publish above it
  kept_map_stale,     ///< a kept map is not what is there, or not all of it answered: nothing follows from it
  not_enough_servers, ///< what was placed stays
  not_confirmed, ///< strict: stored on fewer servers than confirm a version; stays unless another writer publishes first
  unconfirmed_unknown, ///< strict: the same, and servers that have not answered may have it, or get it yet
  timeout,
  cancelled,
  loop_limit, ///< servers kept it busy without an end
};
std::string_view to_string(publish_end end);

/// What the strict order adds to a report.
struct strict_account {
  std::size_t confirming = 0; ///< servers that have the new version
  std::size_t needed = 0;     ///< so many confirm it
  std::size_t places = 0;     ///< servers that all writers of the file use
  bool barrier = false;       ///< one was made
  std::size_t purged = 0;     ///< versions deleted behind the barrier
  std::size_t resent = 0;     ///< messages sent again after somebody retired old shares
  bool met_another = false;   ///< a test failed because of another writer
  std::size_t retired = 0;    ///< shares that were deleted
  std::set<server_id> missed =
      {}; ///< servers that did not take it, or were not asked; not those whose answer is out
  std::set<share_seal> seals = {}; ///< of all signatures it sent: its messages may land yet
  /// Published: the slots as it leaves them, for a next publish to begin on (file/kept_map.hpp).
  std::shared_ptr<const slot_map> left = {};
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
  bool recoverable = false; ///< at least k distinct shares of ours are placed
  /// At least k distinct shares of ours have landed or may have: somebody may have read it, whatever was placed since.
  bool readable = false;
  bool best_seen = true;                      ///< no greater version was seen anywhere
  std::set<server_id> unknown_servers;        ///< a write to them may have landed, or may yet
  std::map<share_place, belief> stale;        ///< old or damaged shares left behind
  std::vector<uncoordinated_share> surprises; ///< with uncoordinated_write
  std::vector<uncoordinated_share> hidden;    ///< with map_outdated and kept_map_stale
  std::size_t stale_met = 0;            ///< shares unlike the map, old or damaged; not counted: what was lost
  std::size_t own_copies = 0;           ///< shares of ours that an earlier copy of a message had brought
  std::size_t converged = 0;            ///< shares of ours where we had sent none
  std::vector<server_problem> problems; ///< first one is the first error
  servermap map;                        ///< as known now
  std::uint32_t turns = 0;
  std::uint32_t messages = 0;
  std::optional<strict_account> strict = {}; ///< of a strict publish

  bool ok() const { return end == publish_end::published; }
  /// The typed error with a sentence for people, in which servers are called as `name` says; nothing when
  /// published.
  std::optional<error> failure(const std::function<std::string(const server_id&)>& name = short_id) const;
  /// The first digits of an id, for those who know no names.
  static std::string short_id(const server_id& id);
};

/// What the tables say at the end, or now.
publish_report report_of(const publish_tables& tables, publish_end end, std::uint32_t turns);

} // namespace truckee::grid
