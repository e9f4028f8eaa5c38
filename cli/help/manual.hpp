#pragma once

#include "truckee/cli/help/command_words.hpp"

namespace truckee::cli {

/// The manual page, section 1, as roff. `version` is the program's.
std::string manual(const command_words& program, std::string_view version);

} // namespace truckee::cli
