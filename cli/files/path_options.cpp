#include "truckee/cli/files/path_options.hpp"

#include "truckee/base/text.hpp"

namespace truckee::cli {

namespace {

bool is_path(const CLI::Option& option) {
  const auto is_kind = [](const std::string& name) { return name == "FILE" || name == "DIR"; };
  // Arguments without a type are called what they are.
  return is_kind(option.get_type_name()) || (option.get_positional() && is_kind(option.get_name(true)));
}

} // namespace

std::string path_problem(const std::string& path) {
  const bool own = path == "~" || path.starts_with("~/");
  return unexpanded_home(path, "the shell left it as it is; write " +
                                   (own ? "$HOME" + path.substr(1) + " or " : "") + "the whole path, or ./" +
                                   path + " where that is its name")
      .value_or("");
}

void check_paths(CLI::App& app) {
  for (auto* option : app.get_options())
    if (is_path(*option))
      option->check(path_problem);
  for (auto* command : app.get_subcommands([](CLI::App*) { return true; }))
    check_paths(*command);
}

} // namespace truckee::cli
