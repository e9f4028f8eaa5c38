#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/gbs/message.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

/// Requests on their way, over HTTPS. libcurl speaks HTTP and TLS.
namespace truckee::gbs {

/// How far a request got.
enum class carried : std::uint8_t {
  answered, ///< all of an answer came, whatever it says
  unsent,   ///< no byte of it left this process
  unknown,  ///< it left, or some of it, and no whole answer came
};

/// What became of a request.
struct outcome {
  carried how = carried::unsent;
  bool timed_out = false;     ///< not `answered`: nothing moved in time
  bool refused = false;       ///< with `unsent`: who answers there has another key
  std::string text = {};      ///< not `answered`: why, for people
  response answer = {};       ///< with `answered`
  server_id certificate = {}; ///< with `answered`: SHA-1 of the server's certificate
};

/// A server, and how many connections to it there may be.
struct line_options {
  address at = {};
  hash256 pin =
      {}; ///< SHA-256 of the certificate's SubjectPublicKeyInfo: the only thing that is asked of a certificate
  /// At a time. A slot's reads go side by side; a server has a bounded number of threads for all of its clients.
  std::size_t connections_max = 4;
  std::chrono::milliseconds connect_timeout{5'000}; ///< for looking its name up, connecting and TLS, together
};

/// The way to one server. Thread-safe; requests wait here, in their order, while all connections are busy.
class line {
public:
  virtual ~line() = default; ///< as drop()
  /// `done` runs once, in the client's own thread, and must not block. The request ends when for `silence_max` no byte moved
  /// in either direction: on its connection, or, while it waits for one, on any of the server's. How much is to be moved
  /// does not matter.
  virtual void send(request what, std::chrono::milliseconds silence_max,
                    std::function<void(outcome)> done) = 0;
  /// Ends all that was sent, without `done`; one that runs at this moment, or is about to, still does.
  virtual void drop() = 0;
};

/// One thread that carries the requests of all lines, begun with the first of them. Nothing of it is taken from the
/// environment: no proxies, no cookies, no redirections, no stored passwords.
class client {
public:
  client();
  ~client(); ///< as stop()
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// The line may outlive the client: then nothing is sent on it. Throws std::system_error where there are no more threads.
  std::unique_ptr<line> open(line_options options);

  /// Ends everything, in any thread: afterwards no callback runs, but for the one that calls this.
  void stop();

  struct core;

private:
  std::mutex mutex_;
  std::shared_ptr<core> core_; ///< once somebody opens a line
};

} // namespace truckee::gbs
