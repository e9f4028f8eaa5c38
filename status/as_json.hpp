#pragma once

#include "messages/catalog.hpp"

#include <string>

/// What the page shows, as JSON for programs. Times are in seconds, sizes in bytes; bytes that are not UTF-8
/// are replaced.
namespace truckee::status {

std::string as_json(const messages::status_reply& status);
std::string as_json(const messages::operation_detail& detail);
std::string servers_as_json(const messages::status_reply& status);

} // namespace truckee::status
