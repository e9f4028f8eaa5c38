#pragma once

#include <string>
#include <string_view>

namespace truckee::actors {

/// The program's version, e.g. "0.1.0".
std::string_view truckee_version();
/// CAF's, e.g. "0.17.6".
std::string caf_version();

} // namespace truckee::actors
