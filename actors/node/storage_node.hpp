#pragma once

#include "truckee/actors/node/node.hpp"
#include "truckee/actors/server/storage_server.hpp"

namespace truckee::actors {

/// A store's clock.
storage::unix_clock unix_clock_of(time_ptr time);

/// Opens the store and starts its actor in `n`, which owns it. `report`: after each look for expired shares.
result<messages::storage_server> open_storage_server(
    node& n, const storage::disk_store_options& options, const std::string& name,
    const storage::expiry_settings& expiry = {},
    std::function<void(const storage::expiry_report&)> report = [](const auto&) {});

} // namespace truckee::actors
