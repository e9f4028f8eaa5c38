#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

/// What the command line says of itself, as values: `--help`, the manual page and the completions are made from these, so
/// that none knows an option that another does not.
namespace truckee::cli {

/// One option, as the help, the manual page and the completions show it.
struct option_words {
  std::vector<std::string> names;   ///< "-h", "--help"; a positional argument has one without dashes
  std::string value;                ///< what stands behind it, "FILE", "sdmf|mdmf"; empty: nothing does
  std::vector<std::string> choices; ///< the only values there are; empty: any
  std::string text;
  std::string default_value; ///< empty: none is told
  bool required = false;
  bool positional = false;
  bool repeated = false; ///< a positional argument that may stand more than once
};

/// One command with its options and its commands.
struct command_words {
  std::string name; ///< "put"
  std::string path; ///< "truckee put"
  std::string example;
  std::string text; ///< sentences; the first says what it does
  std::vector<option_words> options;
  std::vector<command_words> commands;
};

option_words words_of(const CLI::Option& option);

/// The command with all below it; hidden ones are left out.
command_words words_of(const CLI::App& app);

/// The first sentence of a command's text, without the stop.
std::string first_sentence(std::string text);

/// "[OPTIONS] [FILE]": what may stand behind the command's path.
std::string usage_of(const command_words& command);

} // namespace truckee::cli
