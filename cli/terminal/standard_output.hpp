#pragma once

#include "truckee/base/result.hpp"
#include "truckee/cli/exit_code.hpp"

#include <string>
#include <string_view>

/// Standard output has one thing to say, the result. Everything that is written there is written here.
namespace truckee::cli {

/// Writes all of it; 0, or errno.
int write_output(std::string_view text);

/// "cannot write to standard output: No space left on device".
std::string output_problem(int number);

/// Whether a result can be given at all, before anything is done for it: errc::io where standard output is closed.
result<void> can_give();

/// Writes a result, and returns `code`; or says why it cannot be written, and returns what that means. Where the reader
/// has gone, nothing is said, and the program is to end as it does by SIGPIPE.
int give(std::string_view text, int code = exit_ok);

} // namespace truckee::cli
