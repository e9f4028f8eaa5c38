#pragma once

#include "truckee/base/secret_text.hpp"
#include "truckee/base/shared_bytes.hpp"
#include "truckee/http/channel.hpp"
#include "truckee/http/head.hpp"
#include "truckee/http/limits.hpp"
#include "truckee/http/listening_socket.hpp"
#include "truckee/http/outgoing.hpp"
#include "truckee/http/rejection.hpp"

#include <functional>
#include <optional>

namespace truckee::http {

/// One request, complete and within bounds.
struct whole_request {
  secret_text head;
  std::string source; ///< the caller's numeric address
  std::shared_ptr<outgoing> answer;
  shared_bytes body = {};
  bool keeps_alive =
      false; ///< the caller may ask again once it has the answer, which then says how long it is
};

/// What is made of a request by its head alone.
struct admission {
  std::string refusal = {}; ///< unless empty: the answer, after which the connection ends; no body is read
  std::uint64_t body_bytes_max = 0; ///< a longer body is refused (413)
  std::uint64_t answer_bytes = 0;   ///< how long an answer may become
};

/// Stands before the handlers: accepts, reads heads and sends answers, all in one thread that never blocks on
/// any caller. A handler sees whole requests only, so no caller can hold one up by sending or reading slowly.
/// Where there are too many connections, of one source or in all, the oldest that no handler works on makes
/// room, first one that was never admitted: who asks at once is answered, however many drip.
class front {
public:
  struct options {
    front_limits limits;
    bool own_hosts_only = false; ///< refuses a Host that is no loopback name (403)
    /// Judges each head in the front's thread; then requests may have a body, and connections several requests, one after
    /// another. Empty: one request a connection, without a body.
    std::function<admission(const request_head&)> admit = {};
    /// Gets each request in the front's thread; hands it on at once.
    std::function<void(whole_request)> serve;
    /// Hears of each caller that gets no answer of a handler, in the front's thread.
    std::function<void(rejection)> rejected;
    /// Hears how many connections are open when that changes, in the front's thread. Empty: nobody wants to know.
    std::function<void(std::size_t)> connections = {};
  };

  /// Throws std::system_error where the system gives no more threads or descriptors.
  front(listening_socket at, std::unique_ptr<channel_maker> channels, options how);
  /// Ends every connection.
  ~front();
  front(const front&) = delete;
  front& operator=(const front&) = delete;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace truckee::http
