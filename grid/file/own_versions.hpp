#pragma once

#include "truckee/base/effect.hpp"
#include "truckee/grid/version.hpp"

#include <optional>
#include <vector>

/// Is our own change in what is there now? Every way in which it is asked (after a collision, a lost answer, a retry under
/// the same operation id) comes here, so that an append happens once.
namespace truckee::grid {

/// A content by its length and its SHA-256: enough to recognise it at the beginning of a longer one.
struct content_mark {
  std::uint64_t size = 0;
  hash256 hash;

  /// Does `content` begin with it?
  bool begins(byte_view content) const;
  friend bool operator==(const content_mark&, const content_mark&) = default;
};
content_mark mark_of(byte_view content);

/// One version that an operation sent, with its change in it.
struct sent_version {
  file_version version;
  /// So many of its shares may have landed that somebody can have read it, and built on it.
  bool readable = false;
  /// Of an append: the content it was made on, and the content with the change.
  std::optional<content_mark> before = {};
  std::optional<content_mark> after = {};
  /// The content before is in every later version, unless somebody writes the file as a whole: strict, of a confirmed one.
  bool base_stays = false;
  /// Of an append that was sent in part, whose content nobody had: where the added bytes begin.
  std::optional<std::uint64_t> added_at = {};
};

/// What of an operation's change is in a version.
enum class presence : std::uint8_t {
  absent,    ///< the version is not built on ours: the change may be made on top of it
  contained, ///< it is ours, or built on ours: the change must not be made again
  unclear,   ///< it may be built on ours, by somebody who did not only append: nothing may be made again
};

/// Is the change of an operation in the version `found`, by its name alone? Nothing: its content decides.
std::optional<presence> presence_in(const std::vector<sent_version>& sent, const file_version& found);

/// The same by its content; `added` is what the operation appends.
///
/// A version that is not ours is built on ours only if somebody could read ours, and then it has a higher sequence number.
/// Who only appends leaves our content at its beginning: the content before and what we added to it. Where only the content before
/// is there, or not even that, the version was built on another, unless our bytes are to be found: then its writer may have done
/// more than append. Where the content before cannot have gone by itself (base_stays) the file was written over as a whole, perhaps
/// after others read ours: it may have come and gone, and must not come again.
///
/// Of ours that was sent in part it is the added bytes in their place that tell.
///
/// What it cannot see: another writer who appended the same bytes to the same content at the same time: both take the one for their
/// own. And of a file that was empty before, whether others only appended.
presence presence_in(const std::vector<sent_version>& sent, const file_version& found, byte_view content,
                     byte_view added);

/// What to say of an operation that ended without success: whether what it sent may be, or come to be, in the file.
effect effect_of_failure(const std::vector<sent_version>& sent);

} // namespace truckee::grid
