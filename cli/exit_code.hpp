#pragma once

#include "truckee/base/result.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace truckee::cli {

/// What the program tells its caller; scripts rely on these.
enum exit_code : int {
  exit_ok = 0,
  exit_failure = 1,
  exit_usage = 2, ///< arguments or configuration
  exit_uncoordinated_write = 3,
  exit_not_enough = 4, ///< servers or shares
  exit_timeout = 5,
  exit_capability = 6, ///< bad or insufficient
  exit_corrupt = 7,
};

/// For the manual page.
inline constexpr std::array<std::pair<exit_code, std::string_view>, 8> exit_meanings{{
    {exit_ok, "done"},
    {exit_failure, "another failure"},
    {exit_usage, "usage or configuration"},
    {exit_uncoordinated_write, "uncoordinated write: somebody else wrote at the same time"},
    {exit_not_enough, "not enough servers, or not enough shares"},
    {exit_timeout, "timeout"},
    {exit_capability, "the capability is wrong or does not allow this"},
    {exit_corrupt, "data is corrupt"},
}};

exit_code exit_code_of(errc code);

/// What a shell shows of a program that a signal ended. Where a command returns it, the program ends by that signal
/// itself, so that a loop around it ends too.
constexpr int ended_by(int signal) {
  return 128 + signal;
}

} // namespace truckee::cli
