#pragma once

#include "truckee/messages/gateway.hpp"

#include <nlohmann/json_fwd.hpp>

/// Replies as JSON, for --json. Capabilities appear only where the command's result is one.
namespace truckee::cli {

nlohmann::json as_json(const messages::publish_reply& x);
nlohmann::json as_json(const messages::retrieve_reply& x);
nlohmann::json as_json(const messages::check_reply& x);
nlohmann::json as_json(const messages::repair_reply& x);
nlohmann::json as_json(const messages::list_leases_reply& x);
nlohmann::json as_json(const messages::change_answer& x);

} // namespace truckee::cli
