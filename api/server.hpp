#pragma once

#include "truckee/api/call.hpp"
#include "truckee/http/limits.hpp"
#include "truckee/http/rejection.hpp"
#include "truckee/settings/http_place.hpp"

#include <functional>
#include <memory>

namespace caf {
class actor_system;
}

namespace truckee::api {

using place = settings::http_place;

/// Bounds on callers, sized for programs of one machine.
http::front_limits default_limits();

/// A request and what it was answered, for whoever counts.
struct answered_call {
  std::string_view method; ///< as it came, or empty
  unsigned status = 0;
  std::uint64_t received = 0; ///< bytes of the request's body
  std::uint64_t sent = 0;     ///< and of the answer's
};

struct server_options {
  place listen;
  secret_text token = {}; ///< each caller has to show it; must not be empty at an address
  std::uint64_t content_bytes_max = 0;
  http::front_limits limits = default_limits();
  /// The gateway to ask; empty while there is none.
  std::function<messages::file_gateway()> gateway = {};
  /// Hears of callers that are turned away, in a thread of the server's.
  std::function<void(http::rejection)> rejected = [](http::rejection) {};
  /// Hears of each request that was answered, in any thread, also after the server's end.
  std::function<void(const answered_call&)> answered = [](const answered_call&) {};
  /// Hears how many connections are open when that changes, in a thread of the server's.
  std::function<void(std::size_t)> connections = [](std::size_t) {};
};

/// The HTTP API of a gateway, for programs that are not CAF: docs/http.md. It may outlive the actor system once it was closed.
class server {
public:
  /// Errors (configuration): why nobody can listen there. Throws std::system_error where the system gives no more threads.
  static result<std::unique_ptr<server>> start(caf::actor_system& system, server_options options);
  /// Waits a moment until answers that are there were taken; a Unix socket is gone then.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Nothing more is asked of the gateway; who asks from now on is told so (503). Answers that are owed still go out.
  void close();
  /// Where it listens; the real port if 0 was asked for.
  const place& listening() const;

private:
  struct state;
  explicit server(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace truckee::api
