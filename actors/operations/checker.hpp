#pragma once

#include "truckee/actors/shell/operation_context.hpp"
#include "truckee/grid/strict/standing.hpp"

namespace truckee::actors {

/// One check of one file.
struct check_task {
  operation_context context;
  bool verify = false;                             ///< read every byte of every share
  std::optional<grid::strict_setting> strict = {}; ///< files are kept strictly here
  bool add_lease = false;                          ///< renew or add this client's lease on every server
  bool is_part = false;                            ///< of another operation, which is counted
  std::shared_ptr<grid::strict_standing> standing =
      {}; ///< with strict: gets it, for whoever the check is a part of
};

/// Maps the file in check mode and says what is where. Quits after its answer.
messages::checker spawn_checker(caf::actor_system& system, check_task task);

} // namespace truckee::actors
