#pragma once

#include "truckee/actors/gateway/admission.hpp"
#include "truckee/actors/gateway/gateway_keeper.hpp"
#include "truckee/actors/gateway/server_roster.hpp"
#include "truckee/grid/strict/strict_setting.hpp"
#include "truckee/settings/grid_file.hpp"

namespace truckee::actors {

/// Bounds of one gateway; the grid file may set those that it names.
struct gateway_limits {
  /// Content of one publish: an SDMF file is held whole, with all its shares, several times its size.
  std::uint64_t content_bytes_max = 1ULL << 30;
  admission_limits admission = {}; ///< who may enter
  /// Ended operations that status still shows, and those of them that were refused at the door: apart, so
  /// that a caller of nonsense does not push the others out.
  std::size_t recent_max = 100;
  std::size_t refused_max = 16;
  std::size_t subscribers_max = 64;
  /// Who may wait for one write that runs already, by asking for it again under its operation id.
  std::size_t askers_again_max = 16;
  /// How long to wait for servers to introduce themselves before the first operation.
  messages::duration introduction_timeout = std::chrono::seconds(20);
};

/// What a gateway is started with.
struct gateway_options {
  std::vector<gateway_server> servers = {};
  grid::spread defaults = {};
  std::optional<grid::strict_terms> strict = {}; ///< files are kept strictly; nothing: in place
  std::uint32_t keys_ready = 0;                  ///< of the key maker
  messages::key_maker keys = {};                 ///< nothing: one of its own
  /// Of the services' budget, where the grid does not say. Shares in memory and on their way, over all publishes:
  /// CAF's own queues have no bound, and take some times the bytes they hold.
  std::uint64_t in_flight_bytes = 256ULL << 20;
  gateway_limits limits = {};
  bool read_only = false; ///< publish, append and repair are refused
  /// Has the last word on all above but the links, whose servers stand in it in the same order; messages::use_grid and
  /// messages::change_request change it. Nothing: it cannot be changed.
  std::shared_ptr<const settings::grid_config> grid = {};
  std::shared_ptr<gateway_keeper> keeper = {}; ///< goes with `grid`
};

/// The door: takes every request, checks it, runs operations on one file one after another and on different
/// files side by side, and tells subscribers what is going on.
messages::file_gateway spawn_file_gateway(caf::actor_system& system, services_ptr services,
                                          gateway_options options);

} // namespace truckee::actors
