#pragma once

#include "truckee/logs/words.hpp"

#include <filesystem>
#include <map>

namespace truckee::logs {

/// How a log is written. What is not set is as the program has it.
struct settings {
  std::optional<line_format> format = {};         ///< text unless set
  std::optional<level> least = {};                ///< info for nodes that stay, warning for commands
  std::map<component, level> levels = {};         ///< of components that differ
  std::optional<std::filesystem::path> file = {}; ///< appended to; standard error unless set
  friend bool operator==(const settings&, const settings&) = default;

  level level_of(component who, level otherwise) const {
    const auto at = levels.find(who);
    return at == levels.end() ? least.value_or(otherwise) : at->second;
  }
};

} // namespace truckee::logs
