#pragma once

#include "truckee/messages/gateway.hpp"

#include <string>

/// What a person sees, as HTML. Pure.
namespace truckee::status {

/// All operations and servers.
std::string overview_page(const messages::status_reply& status);

/// One operation; of a publish, the picture of servers and shares. errors: not found is the caller's.
std::string operation_page(const messages::operation_detail& detail);

/// "ok", "running", "failed", "conflict", "waiting": the class of an operation's state; and its name.
std::string state_class(const messages::progress_event& event);
std::string state_word(const messages::progress_event& event);

} // namespace truckee::status
