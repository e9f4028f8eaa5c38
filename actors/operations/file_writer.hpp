#pragma once

#include "truckee/actors/operations/sent_versions.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/crypto/rsa.hpp"
#include "truckee/grid/file/write_operation.hpp"
#include "truckee/shares/file_access.hpp"

#include <functional>

namespace truckee::actors {

/// From what is there now (nothing: no version yet) to what shall be there; nothing: leave it. Runs on a
/// worker thread.
using modifier =
    std::function<result<std::optional<shared_bytes>>(const std::optional<shared_bytes>& content)>;

struct write_task {
  std::uint64_t operation = 0;
  messages::progress_sink listener; ///< may be empty
  server_list_ptr servers;
  file_access access;                     ///< with a write key
  std::optional<crypto::private_key> key; ///< of a new file; nothing: the file exists
  shared_bytes content;
  modifier modify;                    ///< instead of content
  std::optional<grid::spread> spread; ///< nothing: the file's own k and N
  grid::spread defaults;              ///< happy of an existing file; all of a new one
  /// Refuse unless this is the file's version now.
  std::optional<messages::version_name> only_if;
  grid::write_wish wish;
  std::shared_ptr<sent_versions> sent; ///< of this file, of operations before; gets what this one sends
};

/// Writes one version of one file: maps, reads and modifies where asked, publishes, backs off and starts over
/// as grid::write_operation says. Quits after its answer.
messages::file_writer spawn_file_writer(caf::actor_system& system, services_ptr services, write_task task);

} // namespace truckee::actors
