#pragma once

#include "truckee/actors/shell/progress_span.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/shares/file_access.hpp"

namespace truckee::actors {

struct map_task {
  std::uint64_t operation = 0;
  file_access access;
  server_list_ptr servers;
  grid::map_request request;
  messages::progress_sink listener; ///< may be empty; hears of maps that take their time
  progress_span span;
};

/// A map for an operation's own task, over all its servers in their order for the file; callers add what else
/// they know.
template <class Task>
map_task map_task_for(const services_ptr& services, const Task& of, grid::map_mode mode, progress_span span) {
  map_task out;
  out.operation = of.operation;
  out.access = of.access;
  out.servers = of.servers;
  out.request.mode = mode;
  out.request.servers = of.servers->permuted(of.access.slot);
  out.request.limits = services->limits;
  out.listener = of.listener;
  out.span = span;
  return out;
}

/// Asks servers which shares they have, verifies each, and answers with a servermap. Lives until stopped, so
/// that a reader can ask for more.
messages::map_updater spawn_map_updater(caf::actor_system& system, services_ptr services, map_task task);

} // namespace truckee::actors
