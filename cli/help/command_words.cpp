#include "truckee/cli/help/command_words.hpp"

#include <algorithm>

namespace truckee::cli {

namespace {

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

/// "sdmf|mdmf" are two choices, "FILE" is none.
std::vector<std::string> choices_of(const std::string& value) {
  if (value.find('|') == value.npos)
    return {};
  return CLI::detail::split(value, '|');
}

bool shown(const CLI::App* command) {
  return !command->get_name().empty() && !command->get_group().empty();
}

command_words words_below(const CLI::App& app, const std::string& above) {
  command_words out;
  out.name = app.get_name();
  out.path = above.empty() ? out.name : above + " " + out.name;
  const auto description = app.get_description();
  const auto behind = description.find("\n\n");
  out.example = description.substr(0, behind);
  if (behind != description.npos)
    out.text = description.substr(behind + 2);
  for (const auto* option : app.get_options([](const CLI::Option* o) { return !o->get_group().empty(); }))
    out.options.push_back(words_of(*option));
  for (const auto* command : app.get_subcommands(shown))
    out.commands.push_back(words_below(*command, out.path));
  return out;
}

} // namespace

option_words words_of(const CLI::Option& option) {
  option_words out;
  out.positional = option.get_positional();
  if (out.positional) {
    out.names = {option.get_name(true, false)};
    out.repeated = option.get_expected_max() >= CLI::detail::expected_max_vector_size;
  } else {
    for (const auto& name : option.get_snames())
      out.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
      out.names.push_back("--" + name);
  }
  if (option.get_type_size() != 0)
    out.value = value_name(option);
  out.choices = choices_of(out.value);
  out.text = option.get_description();
  out.default_value = option.get_default_str();
  out.required = option.get_required();
  return out;
}

command_words words_of(const CLI::App& app) {
  return words_below(app, "");
}

std::string first_sentence(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  text = text.substr(0, std::min(text.find(". "), text.find(": ")));
  if (text.ends_with('.'))
    text.pop_back();
  return text;
}

std::string usage_of(const command_words& command) {
  std::string out = "[OPTIONS]";
  for (const auto& option : command.options) {
    if (!option.positional)
      continue;
    const auto word = option.names.front() + (option.repeated ? "..." : "");
    out += option.required ? " " + word : " [" + word + "]";
  }
  return command.commands.empty() ? out : out + " COMMAND ...";
}

} // namespace truckee::cli
