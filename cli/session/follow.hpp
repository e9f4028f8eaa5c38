#pragma once

#include "truckee/cli/terminal/bottom_line.hpp"
#include "truckee/messages/gateway.hpp"

/// How far one operation is, on standard error.
namespace truckee::cli {

/// Takes a gateway's events and draws those of one operation: a bar on a terminal, a line every few seconds
/// elsewhere; or, as `json`, an object a line, at most ten a second and the last one always.
messages::progress_listener follow_operation(caf::actor_system& system, messages::operation_token token,
                                             bool json, std::shared_ptr<bottom_line> screen);

} // namespace truckee::cli
