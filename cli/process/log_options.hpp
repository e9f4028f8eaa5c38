#pragma once

#include "truckee/cli/terminal/bottom_line.hpp"
#include "truckee/logs/event_log.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

namespace truckee::cli {

/// --log-level, --log-format and --log-file.
struct log_options {
  std::vector<std::string> levels; ///< "info", "link=debug"
  std::string format;
  std::string file;
};

void add_log_options(CLI::App& app, log_options& o);

/// What the options say, on top of what a configuration file says. errc::usage for words that are none.
result<logs::settings> settings_of(const log_options& o, logs::settings file = {});

/// The log of this process: to its file, or to standard error above whatever stands in the bottom line.
result<logs::log_ptr> open_log(const logs::settings& how, logs::level otherwise,
                               const std::shared_ptr<bottom_line>& screen);

/// SIGHUP: the log goes on in a file of its name. What is wrong is said on the screen.
void reopen(const logs::log_ptr& log, bottom_line& screen);

} // namespace truckee::cli
