#pragma once

#include <CLI/CLI.hpp>

#include <string>

/// Paths on the command line.
namespace truckee::cli {

/// What is wrong with a path as it was given, and what to write instead; empty: nothing. "~" at its beginning is a home to a
/// shell only, and here would be a folder of that name (`--grid=~/x` and quoted paths reach the program so).
std::string path_problem(const std::string& path);

/// Checks every option and argument of `app` and its commands, all of them there already, that is a FILE or a DIR.
void check_paths(CLI::App& app);

} // namespace truckee::cli
