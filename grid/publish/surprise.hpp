#pragma once

#include "truckee/grid/servermap.hpp"

#include <set>

/// What a share that we did not expect means. See README.md, "Who is told".
namespace truckee::grid {

/// What an unexpected share means for the publish that met it.
enum class verdict : std::uint8_t {
  ours,     ///< the version being published: an earlier copy of our message landed
  expected, ///< what was believed to be there
  stale,    ///< old or damaged: to be replaced with a test on what was seen; nobody's fault
  hidden,   ///< may have been there before we looked, but the map could not see it: publish again above it
  conflict, ///< came after we looked: another writer is at work
};
std::string_view to_string(verdict v);

/// The view of a publish that begins: settled are the recoverable versions, or all where nothing is
/// recoverable.
struct publish_view;
publish_view make_view(file_version ours, servermap map, std::optional<file_version> base,
                       version_set earlier);

/// What a publish knows of the past. Its own new version is higher than every version the map shows.
struct publish_view {
  file_version ours;
  servermap map;                    ///< what is known: the map of before, corrected by every answer since
  std::optional<file_version> base; ///< the version we build on; nothing for a new file
  version_set earlier;              ///< versions this writer sent before, whose messages may still land
  version_set settled;              ///< versions the map showed and that we decided to replace
};

/// Judges what was found at `place`, where `expected` was believed to be. `seen_shares` are the distinct
/// share numbers of the found version seen so far in map and read-backs, this one included; unused unless
/// `found` parses.
verdict judge(const publish_view& view, const share_place& place, const belief& expected, const belief& found,
              std::size_t seen_shares);

/// A share as read back: nothing for no bytes, a bad share for what does not parse.
belief read_belief(byte_view seen);

/// One server's evidence of another writer.
struct uncoordinated_share {
  share_place place;
  belief expected;
  belief found;
};

/// What another writer did between two maps: shares of versions that `before` did not know, not older than
/// `base`, not this writer's own, on servers that had answered `before`. Empty: nobody is proved to have
/// written since.
std::vector<uncoordinated_share> changes_since(const publish_view& before, const servermap& after);

} // namespace truckee::grid
