#pragma once

#include "truckee/cli/help/command_words.hpp"

namespace truckee::cli {

/// Scripts that complete commands, options and their values at a shell's prompt.
std::string bash_completion(const command_words& program);
std::string zsh_completion(const command_words& program);
std::string fish_completion(const command_words& program);

} // namespace truckee::cli
