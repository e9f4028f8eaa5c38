#pragma once

#include "truckee/cli/session/session.hpp"

#include <string>

namespace truckee::cli {

/// How many files are to be repaired.
struct repair_all_options : operation_options {
  std::string list;    ///< file with write capabilities; "-": standard input
  std::string journal; ///< goes on where it stopped; empty: begins at the front each time
  bool force = false;  ///< as a repair's
};

/// Repairs all files of a list, a few at a time, and gives a line for each as it ends (--json: an object), with a sum at the end.
/// Files are named by their storage indexes and their lines. The exit code: ok where each is healthy or was repaired; that of the
/// failures where they are all of a kind, exit_failure where not; exit_not_enough where nothing failed, and something is left that
/// can only be mended when more servers answer. The first signal ends it after what is under way was asked to end well.
int repair_all(const repair_all_options& o, const global_options& global);

} // namespace truckee::cli
