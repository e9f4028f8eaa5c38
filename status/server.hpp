#pragma once

#include "truckee/base/address.hpp"
#include "truckee/messages/types.hpp"
#include "truckee/status/health.hpp"

#include <functional>
#include <memory>

namespace truckee::status {

/// The gateway as it is now: it changes where it had to be started again, and is empty for the moment in between. Called
/// from any thread.
using gateway_source = std::function<messages::file_gateway()>;

/// Bounds of what callers of the page may cost.
struct server_limits {
  /// Event streams at once; each holds a thread and no memory. One more is told to come back later.
  std::size_t streams_max = 16;
  /// Threads for everything else.
  std::size_t threads = 8;
  /// Connections at once, event streams included.
  std::size_t connections_max = 128;
  /// The pause between two events of a stream, however much happens.
  std::chrono::milliseconds event_pause{250};
  /// Longest wait for the gateway's answer.
  std::chrono::milliseconds ask_timeout{5'000};
};

/// Serves the page, its JSON and the health of one gateway over HTTP until destroyed; before the gateway's
/// actor system is. Read-only, loopback only: there is no login and no TLS, and the names of servers and
/// files' sizes are not everybody's business; an SSH tunnel or a reverse proxy with a login brings it
/// further. A Host that is not loopback is refused, so that no web page can read it through a name that
/// points here.
class server {
public:
  /// Errors: refused (not loopback), configuration (the address is taken or not this machine's).
  static result<std::unique_ptr<server>> start(const address& listen, caf::actor_system& system,
                                               gateway_source gateway, std::shared_ptr<health_check> health,
                                               server_limits limits = {});
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  const address& listening() const;
  std::string url() const;

private:
  struct state;
  explicit server(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace truckee::status
