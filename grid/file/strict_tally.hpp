#pragma once

#include "truckee/base/effect.hpp"
#include "truckee/base/strict_words.hpp"
#include "truckee/grid/publish/publish_report.hpp"
#include "truckee/grid/strict/slot_map.hpp"

#include <optional>
#include <set>

namespace truckee::grid {

/// What a strict write met and did, over all its rounds.
struct strict_tally {
  std::size_t confirming = 0; ///< servers that have the version, the last one sent or the one found (counted)
  std::size_t needed = 0;     ///< so many confirm it
  std::size_t places = 0;     ///< servers that all writers of the file use
  std::size_t answered = 0;   ///< of them, to the last map
  std::set<server_id>
      missed;                ///< those that did not take it, or were not asked; not those whose answer is out
  std::size_t rounds = 0;    ///< publishes that ended
  std::size_t barriers = 0;  ///< of them, those that began with one
  std::size_t retired = 0;   ///< shares of older versions that were deleted
  std::size_t purged = 0;    ///< versions that were deleted behind a barrier
  std::size_t resent = 0;    ///< messages sent again after somebody retired shares
  std::size_t leftovers = 0; ///< newer partials in the last map
  bool met_another = false;  ///< a test failed because of another writer
  bool other_setting = false; ///< R11: the file is written under another setting, or spread otherwise

  /// Of a setting, before anything has happened.
  static strict_tally of(const strict_setting& setting);
  /// A map that was made.
  void mapped(const slot_map& slots);
  /// A round has ended.
  void ended(const strict_account& round);
  /// The change was found in a version that the map shows.
  void found(const slot_map& slots, const file_version& version);
};

/// What a write came to, in the order's words. `last`: how its last publish ended; nothing: none was begun.
strict_outcome strict_outcome_of(bool well, bool unchanged, effect became, std::optional<publish_end> last);

} // namespace truckee::grid
