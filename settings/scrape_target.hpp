#pragma once

#include "truckee/base/address.hpp"

namespace truckee::settings {

/// Where Prometheus finds a node's metrics; the path is always /metrics.
struct scrape_target {
  address at;
  bool https = false;
  friend bool operator==(const scrape_target&, const scrape_target&) = default;
};

/// "192.0.2.7:9402", or a URL as a node prints it: "https://192.0.2.7:9402/metrics". Errors (usage): what was
/// wrong and what is expected.
result<scrape_target> parse_scrape_target(std::string_view text);

} // namespace truckee::settings
