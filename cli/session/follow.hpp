#pragma once

#include "truckee/cli/terminal/bottom_line.hpp"
#include "truckee/messages/gateway.hpp"

#include <atomic>

/// How far one operation is, on standard error.
namespace truckee::cli {

/// Where in a file that is read part by part the part lies whose events come, in bytes. For any thread.
struct read_extent {
  std::atomic<std::uint64_t> before = 0; ///< that were read already
  std::atomic<std::uint64_t> total = 0;  ///< in the end; 0: not known yet
};

/// Takes a gateway's events and draws those of one operation: a bar on a terminal, a line every few seconds
/// elsewhere; or, as `json`, an object a line, at most ten a second and the last one always. With an `extent` parts of a
/// file come as operations of that token, one after another, and are shown as one.
messages::progress_listener follow_operation(caf::actor_system& system, messages::operation_token token,
                                             bool json, std::shared_ptr<bottom_line> screen,
                                             std::shared_ptr<read_extent> extent = nullptr);

} // namespace truckee::cli
