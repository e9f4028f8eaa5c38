#pragma once

#include "edge/tools.hpp"

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

namespace truckee::test {

/// Debian's Prometheus on loopback over a folder of the test's own; killed when this goes. It is the program
/// alone: no service is started, stopped or asked.
class prometheus_server {
public:
  /// `folder` has prometheus.yml and gets the data.
  explicit prometheus_server(const std::filesystem::path& folder);

  /// The result of an instant query: a list of {"metric": {...}, "value": [time, "text"]}. Throws on an error
  /// of the query, with Prometheus's words.
  nlohmann::json query(const std::string& expression);
  /// Asks until the answer is good. Throws, with the last answer, when it does not become so.
  nlohmann::json query_until(const std::string& expression,
                             const std::function<bool(const nlohmann::json&)>& good,
                             process::seconds longest = process::seconds(60));
  /// What it serves there. Throws unless that is a page.
  std::string page(const std::string& path);
  std::string url() const { return "http://" + at_; }

private:
  std::unique_ptr<process> process_;
  std::string at_;
};

/// The first sample of a query's result; -1 for none.
double first_value(const nlohmann::json& result);

} // namespace truckee::test
