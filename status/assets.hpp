#pragma once

#include <string_view>

namespace truckee::status {

/// status/assets/status.css and status.js, compiled in.
extern const std::string_view stylesheet;
extern const std::string_view script;

} // namespace truckee::status
