#pragma once

#include "truckee/grid/limits.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/spread.hpp"
#include "truckee/grid/strict/slot_map.hpp"

#include <chrono>
#include <optional>
#include <vector>

/// What a write leaves of its map for the next one, which then needs none.
namespace truckee::grid {

/// Whom an operation can use for its file, in the file's order.
struct file_servers {
  std::vector<server_id> all;
  std::vector<server_id> takers; ///< those that take new shares
  friend bool operator==(const file_servers&, const file_servers&) = default;
};

/// What the last write of a client left of a file. It is an assumption: whoever publishes on it has it tested by every server
/// it tells of.
struct kept_map {
  /// One version with all its shares. Nobody has answered it; who was seen to have nothing counts as not asked.
  servermap map;
  file_servers servers;
  std::chrono::steady_clock::time_point mapped; ///< when servers were last asked for a map
  /// Of a file that is kept strictly, instead of the map: what the last publish left, and its content where it is small.
  std::optional<slot_map> slots = {};
  std::optional<shared_bytes> content = {};
};

/// The map that a publish leaves for the next one. Nothing unless all is well: every share placed, nothing else seen, and
/// every server answered that was asked.
std::optional<servermap> map_left_by(const publish_report& report);

/// The same of a publish that made a file, before which there was no map: `order` are the file's servers in its order. Whom a
/// write map would have asked besides those with shares counts as empty; it is looked at before there is a success.
std::optional<servermap> map_left_by_new(const publish_report& report, const std::vector<server_id>& order,
                                         const grid_limits& limits);

/// May an overwrite begin on it now? `wanted`: how it is to be spread, where the caller says so.
bool fits(const kept_map& kept, const file_servers& servers, const std::optional<spread>& wanted,
          std::chrono::steady_clock::time_point now, const grid_limits& limits);

/// What a strict publish of `content` leaves; nothing unless its version is confirmed, on slots that a next publish may begin on.
std::optional<kept_map> kept_strictly(const publish_report& report, const shared_bytes& content,
                                      std::chrono::steady_clock::time_point mapped,
                                      const grid_limits& limits);

/// May a strict overwrite under this setting begin on it now, or, where an append wants the content, that?
bool fits_strictly(const kept_map& kept, const strict_setting& setting, bool wants_content,
                   std::chrono::steady_clock::time_point now, const grid_limits& limits);

/// How an operation came by its map.
enum class kept_map_use : std::uint8_t {
  none,  ///< it made one
  used,  ///< a kept one was right
  stale, ///< a kept one was wrong, and it made one after all
};
inline constexpr std::size_t kept_map_use_count = 3;
std::string_view to_string(kept_map_use use);

} // namespace truckee::grid
