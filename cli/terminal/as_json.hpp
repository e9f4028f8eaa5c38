#pragma once

#include "truckee/messages/gateway.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string_view>

/// Replies as JSON, for --json. Capabilities appear only where the command's result is one.
namespace truckee::cli {

nlohmann::json as_json(const messages::publish_reply& x);
nlohmann::json as_json(const messages::retrieve_reply& x);
nlohmann::json as_json(const messages::check_reply& x);
nlohmann::json as_json(const messages::repair_reply& x);
nlohmann::json as_json(const messages::list_leases_reply& x);
nlohmann::json as_json(const messages::change_answer& x);

/// A reply with "format", as the file's capability names it; as it is where that is none.
nlohmann::json with_format(nlohmann::json reply, std::string_view cap);

} // namespace truckee::cli
