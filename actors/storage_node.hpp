#pragma once

#include "actors/node.hpp"
#include "actors/storage_server.hpp"

namespace truckee::actors {

/// The system's clock, in unix seconds.
storage::unix_clock system_clock();

/// Opens the store and starts its actor in `n`, which owns it.
result<messages::storage_server> open_storage_server(node& n, const storage::disk_store_options& options,
                                                     const std::string& name);

} // namespace truckee::actors
