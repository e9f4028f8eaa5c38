#pragma once

#include "truckee/actors/operations/file_writer.hpp"

namespace truckee::actors {

/// Repairs a file that is kept strictly: looks at every byte of every share. Servers that only missed the confirmed version
/// get it (R8), where all others answer; else, where a publish would make it better, the content is published once more as a
/// new version, on all servers, and once more again where what is older is damaged, so that it goes. Never puts shares of an
/// unconfirmed version back: it would come to be confirmed by that alone. `write`: with strict, and renew = repair. Quits
/// after its answer.
messages::repairer spawn_strict_repairer(caf::actor_system& system, write_task write);

} // namespace truckee::actors
