#pragma once

#include "truckee/messages/gateway.hpp"

#include <string>

/// What the page shows, as JSON for programs. Times are in seconds, sizes in bytes; bytes that are not UTF-8
/// are replaced.
namespace truckee::status {

/// Indented for people, or an object a line for programs that read a stream.
enum class json_form : std::uint8_t { indented, one_line };

std::string as_json(const messages::status_reply& status, json_form form = json_form::indented);
std::string as_json(const messages::operation_detail& detail, json_form form = json_form::indented);
std::string as_json(const messages::progress_event& event, json_form form = json_form::indented);
std::string servers_as_json(const messages::status_reply& status);

} // namespace truckee::status
