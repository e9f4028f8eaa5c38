#include "truckee/cli/terminal/changes.hpp"

#include "truckee/base/joined.hpp"

namespace truckee::cli {

std::string change_words(const std::vector<std::string>& changed,
                         const std::vector<std::string>& needs_restart) {
  return "truckee: " + (changed.empty() ? "nothing is changed" : "changed: " + joined(changed)) +
         (needs_restart.empty() ? "" : "; needs a restart: " + joined(needs_restart)) + "\n";
}

} // namespace truckee::cli
