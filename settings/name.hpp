#pragma once

#include <string_view>

namespace truckee::settings {

/// Names of servers and stores, seen by people and in metrics: 1 to 64 of letters, digits and . _ -
bool is_name(std::string_view text);
inline constexpr std::string_view name_form =
    "a name of 1 to 64 letters, digits, dots, dashes and underscores";

} // namespace truckee::settings
