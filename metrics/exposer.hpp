#pragma once

#include "truckee/http/listener.hpp"
#include "truckee/logs/event_log.hpp"
#include "truckee/metrics/metrics.hpp"

#include <vector>

namespace prometheus {
class Collectable;
}

namespace truckee::metrics {

/// Whom a scraper must say it is.
struct basic_auth {
  std::string user;
  std::string password;
};

/// Where metrics are served, to whom, and whether over TLS.
struct exposer_options {
  address listen{"127.0.0.1", 0};       ///< port 0: any free one
  std::optional<basic_auth> login = {}; ///< asked for when set; on the network in clear text without `tls`
  std::optional<tls::server_files> tls = {}; ///< HTTPS
  logs::log_ptr log = {}; ///< hears of callers that are turned away, of each reason once a minute
};

/// Serves a recorder's metrics, those of the process, and `more`, at /metrics, over HTTP or HTTPS, until destroyed. prometheus-cpp's own exposer
/// can do neither TLS nor IPv6 in Debian 12 (its civetweb looks for functions that OpenSSL 3 renamed), so
/// only the text is made by prometheus-cpp.
class exposer {
public:
  /// Errors (configuration): the address cannot be had, or a TLS file cannot be used; which, and what to do.
  static result<std::unique_ptr<exposer>>
  start(const exposer_options& options, const std::shared_ptr<recorder>& what,
        std::vector<std::shared_ptr<prometheus::Collectable>> more = {});

  /// Where it listens; the real port if 0 was asked for.
  const address& listening() const { return http_->listening(); }
  /// E.g. "http://127.0.0.1:9100/metrics".
  std::string url() const { return http_->url() + "metrics"; }

private:
  explicit exposer(std::unique_ptr<http::listener> http) : http_(std::move(http)) {}
  std::unique_ptr<http::listener> http_;
};

} // namespace truckee::metrics
