#pragma once

#include "truckee/messages/gateway.hpp"
#include "truckee/settings/grid_file.hpp"

namespace truckee::actors {

/// The configuration as somebody who may be on another node wants it; errc::configuration says what cannot be.
///
/// Such a server is always one that is reached over the network: a folder is this machine's, and whoever may change a
/// gateway from elsewhere shall not have it make and serve folders here. A folder that the grid file names may drain
/// or be removed.
result<settings::grid_config> with_changes(settings::grid_config grid, const messages::change_request& asked);

} // namespace truckee::actors
