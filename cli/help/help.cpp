#include "truckee/cli/help/help.hpp"

#include "truckee/base/text.hpp"
#include "truckee/cli/files/secret_files.hpp"
#include "truckee/cli/help/command_words.hpp"

#include <algorithm>
#include <sstream>

namespace truckee::cli {

namespace {

using row = std::pair<std::string, std::string>;

constexpr std::size_t left_columns_max = 32;

/// `text` in lines, all but the first begun at column `indent`.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::istringstream words(text);
  std::string out;
  std::size_t column = indent;
  for (std::string word; words >> word; column += word.size()) {
    if (column > indent && column + 1 + word.size() > help_formatter::columns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += " ";
      ++column;
    }
    out += word;
  }
  return out;
}

/// Two columns; what is too long for the left one has a line of its own.
std::string table(const std::vector<row>& rows) {
  std::size_t left = 0;
  for (const auto& [name, text] : rows)
    if (name.size() + 4 <= left_columns_max)
      left = std::max(left, name.size() + 4);
  std::string out;
  for (const auto& [name, text] : rows) {
    out += "  " + name;
    out += name.size() + 4 > left ? "\n" + std::string(left, ' ') : std::string(left - name.size() - 2, ' ');
    out += wrapped(text, left) + "\n";
  }
  return out;
}

row row_of(const CLI::Option& option) {
  const auto words = words_of(option);
  std::string name;
  for (const auto& each : words.names)
    name += (name.empty() ? "" : ", ") + each;
  if (words.positional)
    return {name, words.text};
  if (!words.value.empty())
    name += " " + words.value;
  auto text = words.text;
  if (words.required)
    text += " (required)";
  if (!words.default_value.empty())
    text += " [" + words.default_value + "]";
  return {name, text};
}

bool shown(const CLI::App* command) {
  return !command->get_name().empty() && !command->get_group().empty();
}

} // namespace

std::string help_formatter::make_usage(const CLI::App* app, std::string name) const {
  auto out = "\nUsage: " + name;
  if (!name.ends_with(app->get_name()))
    out += (name.empty() ? "" : " ") + app->get_name();
  return out + " " + usage_of(words_of(*app)) + "\n";
}

std::string help_formatter::make_group(std::string group, bool is_positional,
                                       std::vector<const CLI::Option*> options) const {
  std::vector<row> rows;
  for (const auto* option : options)
    rows.push_back(row_of(*option));
  return "\n" + (is_positional ? "Arguments" : group) + ":\n" + table(rows);
}

std::string help_formatter::make_subcommands(const CLI::App* app, CLI::AppFormatMode) const {
  std::vector<row> rows;
  for (const auto* command : app->get_subcommands(shown))
    rows.emplace_back(command->get_name(), first_sentence(words_of(*command).text));
  return rows.empty() ? "" : "\nCommands:\n" + table(rows);
}

std::string help_formatter::make_footer(const CLI::App* app) const {
  return app->get_parent() == nullptr
             ? "`truckee COMMAND --help` says more about each.\n"
             : "Options of every command, such as --grid and --json: truckee --help\n";
}

std::string usage_error(const CLI::App* app, const CLI::Error& e) {
  auto what = std::string(e.what());
  const auto commands = app->get_subcommands(shown);
  if (app->get_subcommands().empty() && e.get_name() == "RequiredError") {
    std::string names;
    for (const auto* command : commands)
      names += (names.empty() ? "" : ", ") + command->get_name();
    const auto rest = app->remaining();
    what = rest.empty() ? "a COMMAND is missing; there are: " + names
                        : "there is no command \"" + rest.front() + "\"; there are: " + names;
  }
  return "truckee: usage: " + escaped(without_capabilities(what)) +
         "\nRun `truckee --help`, or `truckee COMMAND --help`.\n";
}

} // namespace truckee::cli
