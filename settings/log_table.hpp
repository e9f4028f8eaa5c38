#pragma once

#include "truckee/logs/settings.hpp"
#include "truckee/settings/toml_table.hpp"

#include <array>

namespace truckee::settings {

inline constexpr std::array<std::string_view, 4> log_keys{"file", "format", "level", "levels"};

/// Reads a [log] table; `folder` is where a relative file name starts.
logs::settings read_log_table(const toml::table& table, const std::filesystem::path& folder,
                              toml_problem& problem);

} // namespace truckee::settings
