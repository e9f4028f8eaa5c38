#pragma once

#include "truckee/actors/operations/append.hpp"
#include "truckee/actors/operations/kept_maps.hpp"
#include "truckee/actors/operations/sent_versions.hpp"
#include "truckee/actors/publish/content_lender.hpp"
#include "truckee/actors/shell/operation_context.hpp"
#include "truckee/crypto/rsa.hpp"
#include "truckee/grid/file/file_write.hpp"

namespace truckee::actors {

/// One write of one file. Filled by name.
struct write_task {
  operation_context context; ///< with a write key
  /// Of a new file; nothing: the file exists. One that was brought (`wish` creates) may have been used before, so that
  /// the servers are looked through first.
  std::optional<crypto::private_key> key = {};
  shared_bytes content = {};
  std::shared_ptr<const content_lender> lent = nullptr; ///< instead of content
  std::optional<addition> append = {}; ///< instead of content; at the end of the file, or at an offset
  /// Instead of content: what is there, for a confirmed read or a repair (write_kind::renew, repair), of which this is a part.
  std::optional<grid::write_kind> renew = {};
  std::optional<grid::spread> spread = {}; ///< nothing: the file's own k and N
  grid::spread defaults = {};              ///< happy of an existing file; all of a new one
  /// With only_if: refuse unless this is the file's version now. Its kind is `modify` where something is appended, or written at an offset.
  grid::write_wish wish = {};
  std::optional<grid::strict_setting> strict = {}; ///< of a file that is kept strictly
  std::shared_ptr<sent_versions> sent = {}; ///< of this file, of operations before; gets what this one sends
  std::shared_ptr<kept_place> kept = {};    ///< of this file; taken, and what this one leaves is put there
  /// Of this very operation, when it was asked for before; gets what it sends now.
  std::shared_ptr<std::vector<grid::sent_version>> own = {};
};

/// Writes one version of one file: maps, reads and modifies where asked, publishes, backs off and starts over
/// as grid::write_operation says. Quits after its answer.
messages::file_writer spawn_file_writer(caf::actor_system& system, write_task task);

} // namespace truckee::actors
