#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace truckee::status {

/// Indented for people, or an object a line for programs that read a stream.
enum class json_form : std::uint8_t { indented, one_line };

/// Every JSON text of the program and of the status page is made here: lines with their end, always valid UTF-8 (what is
/// not, such as a name of a folder that a server speaks of, is replaced by U+FFFD). One line has ASCII only.
std::string json_text(const nlohmann::json& x, json_form form = json_form::indented);

} // namespace truckee::status
