#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/result.hpp"
#include "truckee/http/limits.hpp"
#include "truckee/http/rejection.hpp"
#include "truckee/tls/server_files.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace httplib {
class Server;
}

namespace truckee::http {

/// Where and how to listen; what is left out has defaults for a port that few ask.
struct listener_options {
  std::string what = "http";      ///< first word of errors: who listens
  address listen{"127.0.0.1", 0}; ///< port 0: any free one
  std::optional<tls::server_files> tls = {};
  std::size_t threads = 4; ///< requests answered at once; an event stream holds one
  front_limits limits = {};
  /// Hears of callers that get no answer, in a thread of the listener's; returns soon. Empty: nobody does.
  std::function<void(rejection)> rejected = {};
};

/// An HTTP or HTTPS server until destroyed, for what only shows: one request a connection, no body, no
/// ranges. `front.hpp` says what callers may cost. A handler that throws answers 500. On a loopback address and
/// without TLS, a Host that is no loopback name is refused, so that no web page can read what is here through a
/// name that points here. The process's handling of SIGPIPE is left as it is.
class listener {
public:
  /// `route` says what is served, before the first caller comes. Errors (configuration): the address is
  /// taken, not this machine's or not allowed, a name nobody knows, a TLS file that cannot be used; which,
  /// and what to do. Throws std::system_error where the system gives no more threads.
  static result<std::unique_ptr<listener>> start(const listener_options& options,
                                                 const std::function<void(httplib::Server&)>& route);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// Where it listens; the real port if 0 was asked for.
  const address& listening() const;
  /// E.g. "https://127.0.0.1:9401/".
  std::string url() const;

private:
  struct state;
  explicit listener(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace truckee::http
