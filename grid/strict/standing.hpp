#pragma once

#include "truckee/grid/strict/slot_map.hpp"

#include <functional>
#include <string>

namespace truckee::grid {

/// How a file stands by the rules of the strict order, for a check.
struct strict_standing {
  bool strictly_written = false;        ///< the base has a strict writer's note in its signatures
  bool same_setting = true;             ///< and all notes are of this setting
  std::optional<file_version> base;     ///< the greatest that can be read
  std::size_t on = 0;                   ///< servers with the base (strict_setting::counted)
  bool confirmed = false;               ///< it is the confirmed version for certain
  std::size_t newer_partials = 0;       ///< versions above it, of a writer at work or a dead one
  std::optional<file_version> in_place; ///< somebody wrote in place to a file that was kept strictly
  /// Every server has all its shares of the confirmed version, and nothing newer or damaged; the version before it may lie
  /// beside it.
  bool healthy = false;
  /// A publish would make it better: something among the servers that answer is missing, newer, damaged or of others. What
  /// only servers lack that do not answer is nothing that a publish can bring. Also where no version can be read: the
  /// publish then says so.
  bool mendable = true;
  /// R8: and all that is amiss is servers that missed the confirmed version.
  bool only_missing = false;
  /// R8: a server has nothing, and what it is to have is confirmed, whatever comes of something newer.
  bool has_empty_slot = false;
};

/// R11: a version that is greater than all with a note of a strict writer, and has none.
std::optional<file_version> written_in_place(const slot_map& slots);

strict_standing standing_of(const slot_map& slots);

/// Why no publish can succeed on what the servers hold, however often it is tried (strict::can_succeed), and what to do; nothing
/// where one can. Not for a repair: that one does more than publish.
std::optional<std::string> hindrance(const slot_map& slots,
                                     const std::function<std::string(const server_id&)>& server_name);

/// For people: "kept strictly: seq 7, root ab12cd34 is on 10 of 10 servers, 8 needed".
std::string describe(const strict_standing& standing, const strict_setting& setting);

} // namespace truckee::grid
