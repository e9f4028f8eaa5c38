#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/gbs/server/server.hpp"

#include <functional>

namespace truckee::actors {

/// Where requests of Tahoe-LAFS's clients become those of the store's own actor, so that there is one order of a slot's calls,
/// whoever makes them.
struct gbs_desk {
  caf::actor who; ///< of the store's crew
  /// Asks; from any thread. After the desk's end, what is asked is answered with 500.
  std::function<void(gbs::asked, gbs::replier)> ask;
};

gbs_desk spawn_gbs_desk(caf::actor_system& system, services_ptr services, messages::storage_server store);

} // namespace truckee::actors
