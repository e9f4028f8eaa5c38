#pragma once

#include "truckee/actors/shell/services.hpp"

namespace truckee::actors {

/// Lets publishes have at most `bytes` of shares in memory and on their way, all together; more than that only
/// to one that is alone. Callers take turns, and each caller's come first, first served. Whoever's turn it is waits
/// until there is room: a large one is not overtaken for ever by small ones.
messages::byte_budget spawn_byte_budget(caf::actor_system& system, services_ptr services,
                                        std::uint64_t bytes);

} // namespace truckee::actors
