#pragma once

#include <string>
#include <vector>

namespace truckee::cli {

/// What a node says when SIGHUP has made it read its file again: one line.
std::string change_words(const std::vector<std::string>& changed,
                         const std::vector<std::string>& needs_restart);

} // namespace truckee::cli
