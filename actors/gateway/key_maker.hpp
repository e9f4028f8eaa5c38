#pragma once

#include "truckee/actors/shell/services.hpp"

namespace truckee::actors {

/// Keeps `ready` fresh RSA keys at hand, made on the compute pool, so that creating a file does not wait for
/// one; with 0, makes one when asked.
messages::key_maker spawn_key_maker(caf::actor_system& system, services_ptr services, std::uint32_t ready);

} // namespace truckee::actors
