#pragma once

#include <CLI/CLI.hpp>

/// What a person reads who asks for help. A command's description is its example, an empty line, and
/// sentences of which the first says what it does.
namespace truckee::cli {

/// One line for each command, no line beyond 100 columns, no word of CLI11's own.
class help_formatter : public CLI::Formatter {
public:
  static constexpr std::size_t columns = 100;

  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override;
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override;
  std::string make_footer(const CLI::App* app) const override;
};

/// For CLI::App::failure_message: what is wrong with the command line, in one line, and where help is.
std::string usage_error(const CLI::App* app, const CLI::Error& e);

} // namespace truckee::cli
