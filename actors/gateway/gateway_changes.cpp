#include "truckee/actors/gateway/gateway_state.hpp"
#include "truckee/settings/grid_changes.hpp"

namespace truckee::actors {

namespace {

gateway_limits with_limits(gateway_limits out, const settings::limit_settings& set) {
  auto& door = out.admission;
  door.held_bytes_max = set.held_bytes.value_or(door.held_bytes_max);
  door.operations_max = set.operations.value_or(door.operations_max);
  door.operations_per_caller_max = set.operations_per_caller.value_or(door.operations_per_caller_max);
  return out;
}

} // namespace

namespace gateway {

grid_in_use state::on_use_grid(const use_grid& x) {
  if (!options_.grid || !x.grid)
    return {{"this gateway was started without a grid file"}, {}, {}};
  auto changes = settings::changes_between(*options_.grid, *x.grid);
  run_with(std::make_shared<const settings::grid_config>(std::move(changes.in_use)));
  measure();
  return {{}, std::move(changes.changed), std::move(changes.needs_restart)};
}

/// Operations that run go on with what they began with.
void state::run_with(std::shared_ptr<const settings::grid_config> grid) {
  for (std::size_t i = 0; i < options_.servers.size(); ++i) {
    const auto& wanted = grid->servers[i];
    auto& server = options_.servers[i];
    server.preferred = wanted.preferred;
    server.permutation_seed = wanted.permutation_seed;
    server.drain = wanted.drain;
  }
  options_.defaults = grid->encoding;
  options_.order = grid->order;
  options_.read_only = grid->read_only;
  admission_.limits_are(with_limits(options_.limits, grid->limits).admission);
  options_.grid = std::move(grid);
}

} // namespace gateway

} // namespace truckee::actors
