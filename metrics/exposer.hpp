#pragma once

#include "base/address.hpp"
#include "metrics/metrics.hpp"

#include <memory>
#include <optional>

namespace truckee::metrics {

struct basic_auth {
  std::string user;
  std::string password;
};

struct exposer_options {
  address listen{"127.0.0.1", 0};       ///< port 0: any free one
  std::optional<basic_auth> login = {}; ///< asked for when set
};

/// Serves a recorder's metrics over HTTP at /metrics until destroyed. Debian 12's civetweb has neither TLS
/// (it looks for functions that OpenSSL 3 renamed) nor IPv6; whoever needs them puts a reverse proxy in
/// front.
class exposer {
public:
  /// Errors (configuration): not a numeric address, the address is taken or not this machine's.
  static result<std::unique_ptr<exposer>> start(const exposer_options& options,
                                                const std::shared_ptr<recorder>& what);
  ~exposer();
  exposer(const exposer&) = delete;
  exposer& operator=(const exposer&) = delete;

  /// Where it listens; the real port if 0 was asked for.
  const address& listening() const;
  /// E.g. "http://127.0.0.1:9100/metrics".
  std::string url() const;

private:
  struct state;
  explicit exposer(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace truckee::metrics
