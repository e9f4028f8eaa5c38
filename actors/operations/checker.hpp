#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/shares/file_access.hpp"

namespace truckee::actors {

struct check_task {
  std::uint64_t operation = 0;
  messages::progress_sink listener; ///< may be empty
  file_access access;
  server_list_ptr servers;
  bool verify = false;    ///< read every byte of every share
  bool add_lease = false; ///< renew or add this client's lease on every server
};

/// Maps the file in check mode and says what is where. Quits after its answer.
messages::checker spawn_checker(caf::actor_system& system, services_ptr services, check_task task);

} // namespace truckee::actors
