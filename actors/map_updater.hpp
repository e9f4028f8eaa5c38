#pragma once

#include "actors/file_access.hpp"
#include "actors/progress_span.hpp"
#include "actors/world.hpp"

namespace truckee::actors {

struct map_task {
  std::uint64_t operation = 0;
  file_access access;
  server_list_ptr servers;
  grid::map_request request;
  messages::progress_sink listener; ///< may be empty; hears of maps that take their time
  progress_span span;
};

/// A map of the file over all servers, in their order for it; callers add what their operation knows.
map_task map_task_for(const world& w, const file_access& access, server_list_ptr servers,
                      grid::map_mode mode);

/// Asks servers which shares they have, verifies each, and answers with a servermap. Lives until stopped, so
/// that a reader can ask for more.
messages::map_updater spawn_map_updater(caf::actor_system& system, const world& w, map_task task);

} // namespace truckee::actors
