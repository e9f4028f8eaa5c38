#include "truckee/cli/process/log_options.hpp"

namespace truckee::cli {

void add_log_options(CLI::App& app, log_options& o) {
  app.add_option("--log-level", o.levels,
                 "How much is logged: debug, info, warning, error, off; for one component COMPONENT=LEVEL, "
                 "e.g. link=debug. May be given again [info for gateway and storage, else error]")
      ->type_name("LEVEL")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--log-format", o.format, "Log lines as key=value or as JSON")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("--log-file", o.file, "Append the log to a file instead of standard error")
      ->type_name("FILE");
}

result<logs::settings> settings_of(const log_options& o, logs::settings out) {
  for (const auto& word : o.levels) {
    const auto equals = word.find('=');
    const auto level = logs::level_named(equals == word.npos ? word : word.substr(equals + 1));
    if (!level)
      return fail(errc::usage, "--log-level " + word + ": expected one of " + logs::level_words() +
                                   ", or COMPONENT=LEVEL");
    if (equals == word.npos) {
      out.least = *level;
      continue;
    }
    const auto who = logs::component_named(word.substr(0, equals));
    if (!who)
      return fail(errc::usage, "--log-level " + word + ": there is no such component; expected one of " +
                                   logs::component_words());
    out.levels[*who] = *level;
  }
  if (!o.format.empty())
    out.format = logs::line_format_named(o.format);
  if (!o.file.empty())
    out.file = o.file;
  return out;
}

result<logs::log_ptr> open_log(const logs::settings& how, logs::level otherwise,
                               const std::shared_ptr<bottom_line>& screen) {
  if (!how.file)
    return std::make_shared<logs::event_log>(how, otherwise,
                                             [screen](std::string_view lines) { screen->print(lines); });
  auto file = logs::log_file::open(*how.file);
  if (!file)
    return tl::unexpected(file.error());
  return std::make_shared<logs::event_log>(how, otherwise, std::move(*file));
}

void reopen(const logs::log_ptr& log, bottom_line& screen) {
  if (auto again = log->reopen(); !again)
    screen.print("truckee: " + again.error().detail + "; the log goes on in the old file\n");
}

} // namespace truckee::cli
