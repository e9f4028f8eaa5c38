#pragma once

#include "truckee/messages/gateway.hpp"
#include "truckee/status/json_text.hpp"

#include <string>

/// What the page shows, as JSON for programs. Times are in seconds, sizes in bytes; bytes that are not UTF-8
/// are replaced.
namespace truckee::status {

std::string as_json(const messages::status_reply& status, json_form form = json_form::indented);
std::string as_json(const messages::operation_detail& detail, json_form form = json_form::indented);
std::string as_json(const messages::progress_event& event, json_form form = json_form::indented);
/// What a write to a file that is kept strictly came to, wherever it stands.
nlohmann::json to_json(const messages::strict_write_report& x);
std::string servers_as_json(const messages::status_reply& status);

} // namespace truckee::status
