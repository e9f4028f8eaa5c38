#pragma once

#include "truckee/messages/gateway.hpp"

#include <string>

/// Replies as a person reads them: what many servers have in common is said once. --json has all of it.
namespace truckee::cli {

/// What a publish did.
std::string summary_of(const messages::publish_reply& x, double took);
/// The same on standard error: standard output may carry a capability.
void summarize(const messages::publish_reply& x, double took);
/// What is recoverable after a publish that failed, why it did, and what to do; the exit code. `gateway_stays`: the one that
/// was asked runs on, and remembers.
int complain_of(const messages::publish_reply& x, bool gateway_stays);
/// Which shares are where.
std::string text_of(const messages::check_reply& x);

} // namespace truckee::cli
