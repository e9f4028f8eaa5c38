#pragma once

#include "truckee/actors/publish/content_lender.hpp"
#include "truckee/actors/shell/operation_context.hpp"
#include "truckee/crypto/rsa.hpp"
#include "truckee/grid/file/file_write.hpp"
#include "truckee/grid/publish/publish_request.hpp"
#include "truckee/grid/spread.hpp"
#include "truckee/shares/encode.hpp"
#include "truckee/shares/part_update.hpp"

namespace truckee::actors {

/// One version of one file, to be made and sent. Filled by name: {.context = ..., .keys = ...}.
struct publish_task {
  operation_context context;
  crypto::file_keys keys;
  shared_bytes content = {};
  std::shared_ptr<const content_lender> lent = nullptr; ///< instead of content, of an MDMF file
  grid::spread shape = {};
  sequence_number sequence{1};
  bool new_file = false;                        ///< no map was made: nothing can be there
  grid::servermap map = {};                     ///< of what is there
  bool kept_map = false;                        ///< the map is kept from an earlier operation
  std::optional<grid::file_version> base = {};  ///< whose content ours replaces
  std::set<grid::file_version> earlier = {};    ///< versions this client sent before
  std::optional<grid::strict_base> strict = {}; ///< in the strict order, on this; nothing: in place
  /// Repair: shares of this version are made again, byte for byte, and put where they are missing.
  std::optional<shares::existing_version> again = {};
  /// Instead of content: a part of the base is changed, and no more is sent (grid/publish/in_part.hpp).
  std::shared_ptr<const shares::part_change> part = nullptr;
  std::vector<messages::stage_seconds> before = {}; ///< stages that came before, for status

  /// Bytes of the content that is published: of a part, its own.
  std::uint64_t content_bytes() const;
};

/// How long it may take at most.
messages::duration deadline_of(const publish_task& task, const grid::grid_limits& limits);

/// How often status hears of a publish that changes. Quick publishes tell twice: when they begin and end.
inline constexpr messages::duration picture_interval = std::chrono::milliseconds(100);

/// Runs one publish: encodes, then does what grid::publish_loop says until it ends, with one share_writer per
/// server. Quits after its answer.
messages::publish_coordinator spawn_publish_coordinator(caf::actor_system& system, publish_task task);

} // namespace truckee::actors
