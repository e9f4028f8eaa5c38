#pragma once

#include "truckee/actors/shell/progress_span.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/codec/sdmf/encode.hpp"
#include "truckee/crypto/rsa.hpp"
#include "truckee/grid/publish/publish_request.hpp"

namespace truckee::actors {

struct publish_task {
  std::uint64_t operation = 0;
  messages::progress_sink listener; ///< may be empty
  server_list_ptr servers;
  crypto::file_keys keys;
  shared_bytes content;
  codec::encoding shape;
  std::uint8_t happy = 1;
  sequence_number sequence{1};
  bool new_file = false;
  grid::servermap map;
  std::optional<grid::file_version> base;
  std::set<grid::file_version> earlier;
  grid::order_name order = grid::order_name::in_place;
  /// Repair: shares of this version are made again, byte for byte, and put where they are missing.
  std::optional<codec::existing_version> again;
  std::vector<messages::stage_seconds> before; ///< stages that came before, for status
  progress_span span;
};

/// How often status hears of a publish that changes. Quick publishes tell twice: when they begin and end.
inline constexpr messages::duration picture_interval = std::chrono::milliseconds(100);

/// Runs one publish: encodes, then does what grid::publish_loop says until it ends, with one share_writer per
/// server. Quits after its answer.
messages::publish_coordinator spawn_publish_coordinator(caf::actor_system& system, services_ptr services,
                                                        publish_task task);

} // namespace truckee::actors
