#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/gbs/server/server.hpp"
#include "truckee/storage/advice_book.hpp"

#include <functional>

namespace truckee::actors {

/// Where requests of Tahoe-LAFS's clients become those of the store's own actor, so that there is one order of a slot's calls,
/// whoever makes them.
struct gbs_desk {
  caf::actor who; ///< of the store's crew
  /// Asks; from any thread. After the desk's end, what is asked is answered with 500.
  std::function<void(gbs::asked, gbs::replier)> ask;
};

/// A desk for that store. `advice` keeps what clients say of damaged shares; nothing: it is counted and logged only.
gbs_desk spawn_gbs_desk(caf::actor_system& system, services_ptr services, messages::storage_server store,
                        std::shared_ptr<storage::advice_book> advice, const std::string& name);

} // namespace truckee::actors
