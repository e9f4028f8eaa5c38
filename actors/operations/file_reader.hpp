#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/shares/file_access.hpp"

namespace truckee::actors {

struct read_task {
  std::uint64_t operation = 0;
  messages::progress_sink listener; ///< may be empty
  file_access access;               ///< with a read key
  server_list_ptr servers;
};

/// Maps and reads the best recoverable version; starts over, asking every server, when the file changed
/// underneath or shares were bad. Quits after its answer.
messages::file_reader spawn_file_reader(caf::actor_system& system, services_ptr services, read_task task);

} // namespace truckee::actors
