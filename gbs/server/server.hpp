#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/result.hpp"
#include "truckee/gbs/serving.hpp"
#include "truckee/http/limits.hpp"
#include "truckee/http/rejection.hpp"

#include <functional>
#include <memory>

/// The port that Tahoe-LAFS's clients come to.
namespace truckee::gbs {

/// To be called once, from any thread. Who lets go of it without having answered has answered 500.
class replier {
public:
  explicit replier(std::function<void(response)> to);
  void operator()(response x) const;

private:
  struct owed;
  std::shared_ptr<owed> owed_;
};

/// For one store: the polls of a hundred clients and their pools of connections.
http::front_limits default_server_limits();

struct server_options {
  address listen{"127.0.0.1", 0}; ///< port 0: any free one
  secret_text pem;                ///< key and certificate
  secret_text swissnum;
  http::front_limits limits = default_server_limits();
  /// Gets each well-formed request of who has the swissnum, in the server's thread; returns at once.
  std::function<void(asked, replier)> serve;
  /// Hears of callers who are turned away, in the server's thread.
  std::function<void(http::rejection)> rejected = [](http::rejection) {};
};

/// HTTP/1.1 over TLS 1.2 and later until destroyed. A request's head is judged before anything of its body is read, and the swissnum
/// before anything else; http/front.hpp says what callers may cost.
class server {
public:
  /// Errors (configuration): as http::listener, or OpenSSL does not take the key. Throws std::system_error where the system gives no
  /// more threads or descriptors.
  static result<std::unique_ptr<server>> start(server_options options);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  const address& listening() const;

private:
  struct state;
  explicit server(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace truckee::gbs
