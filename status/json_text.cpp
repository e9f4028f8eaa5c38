#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::status {

std::string json_text(const nlohmann::json& x, json_form form) {
  const bool one_line = form == json_form::one_line;
  return x.dump(one_line ? -1 : 2, ' ', one_line, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace truckee::status
