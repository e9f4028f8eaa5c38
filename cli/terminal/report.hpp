#pragma once

#include "truckee/messages/gateway.hpp"

/// Replies as a person reads them.
namespace truckee::cli {

/// What a publish did, on standard error: standard output may carry a capability.
void summarize(const messages::publish_reply& x, double took);
/// What is recoverable after a publish that failed, and why it did; the exit code.
int complain_of(const messages::publish_reply& x);
/// Which shares are where, on standard output.
void show(const messages::check_reply& x);

} // namespace truckee::cli
