#include "truckee/cli/help.hpp"

#include "truckee/cli/files/secret_files.hpp"

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

/// The first sentence behind the example.
std::string what_it_does(const std::string& description) {
  const auto behind = description.find("\n\n");
  auto text = behind == description.npos ? description : description.substr(behind + 2);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(0, std::min(text.find(". "), text.find(": ")));
}

/// The type without the validators that CLI11 appends to it: "FILE", "sdmf|mdmf".
std::string value_name(const CLI::Option& option) {
  auto type = option.get_type_name();
  if (const auto choice = type.find('{'); choice != type.npos) {
    type = type.substr(choice + 1, type.find('}') - choice - 1);
    std::replace(type.begin(), type.end(), ',', '|');
    return type;
  }
  for (const auto* tail : {":POSITIVE", ":SIZE ["})
    type = type.substr(0, type.find(tail));
  return type;
}

row row_of(const CLI::Option& option, bool is_positional) {
  if (is_positional)
    return {option.get_name(true, false), option.get_description()};
  auto name = option.get_name(false, true);
  for (std::size_t at = 0; (at = name.find(',', at)) != name.npos; at += 2)
    name.replace(at, 1, ", ");
  if (option.get_type_size() != 0)
    name += " " + value_name(option);
  auto text = option.get_description();
  if (option.get_required())
    text += " (required)";
  if (!option.get_default_str().empty())
    text += " [" + option.get_default_str() + "]";
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
  out += " [OPTIONS]";
  for (const auto* option : app->get_options([](const CLI::Option* o) { return o->get_positional(); })) {
    const auto word = option->get_name(true, false) +
                      (option->get_expected_max() >= CLI::detail::expected_max_vector_size ? "..." : "");
    out += option->get_required() ? " " + word : " [" + word + "]";
  }
  if (!app->get_subcommands(shown).empty())
    out += " COMMAND ...";
  return out + "\n";
}

std::string help_formatter::make_group(std::string group, bool is_positional,
                                       std::vector<const CLI::Option*> options) const {
  std::vector<row> rows;
  for (const auto* option : options)
    rows.push_back(row_of(*option, is_positional));
  return "\n" + (is_positional ? "Arguments" : group) + ":\n" + table(rows);
}

std::string help_formatter::make_subcommands(const CLI::App* app, CLI::AppFormatMode) const {
  std::vector<row> rows;
  for (const auto* command : app->get_subcommands(shown))
    rows.emplace_back(command->get_name(), what_it_does(command->get_description()));
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
  return "truckee: usage: " + without_capabilities(what) +
         "\nRun `truckee --help`, or `truckee COMMAND --help`.\n";
}

} // namespace truckee::cli
