#include "metrics/exposer.hpp"

#include "base/bytes.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <prometheus/exposer.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace truckee::metrics {

namespace {

struct raw_address {
  sockaddr_storage raw{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&raw); }
};

/// Nothing for a host that is not numeric.
std::optional<raw_address> to_raw(const address& at) {
  raw_address out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.raw);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.raw);
  if (inet_pton(AF_INET, at.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(at.port);
    out.size = sizeof(sockaddr_in);
    return out;
  }
  if (inet_pton(AF_INET6, at.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(at.port);
    out.size = sizeof(sockaddr_in6);
    return out;
  }
  return std::nullopt;
}

int tcp_socket(const raw_address& at) {
  return ::socket(at.raw.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/// Why nobody could listen there; nothing if one can. The HTTP server itself would only say "failed".
std::optional<std::string> why_not_listen(const address& at) {
  const auto raw = to_raw(at);
  if (!raw)
    return "\"" + at.host + "\" is not a numeric address; give one of this machine's, e.g. 127.0.0.1";
  const int fd = tcp_socket(*raw);
  if (fd < 0)
    return std::strerror(errno);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  std::optional<std::string> why;
  if (::bind(fd, raw->get(), raw->size) != 0 || ::listen(fd, 1) != 0) {
    if (errno == EADDRINUSE)
      why = "another program listens there; choose another port, or 0 for any free one";
    else if (errno == EADDRNOTAVAIL)
      why = "it is not an address of this machine";
    else if (errno == EACCES)
      why = "ports below 1024 need a privilege; choose a higher one";
    else
      why = std::strerror(errno);
  }
  ::close(fd);
  return why;
}

/// Connects and hangs up.
void knock(const raw_address& at) {
  const int fd = tcp_socket(at);
  if (fd < 0)
    return;
  [[maybe_unused]] const int ignored = ::connect(fd, at.get(), at.size);
  ::close(fd);
}

} // namespace

struct exposer::state {
  std::shared_ptr<prometheus::Registry> registry; ///< outlives the server, which holds it weakly
  std::unique_ptr<prometheus::Exposer> server;
  address listening;

  /// civetweb looks at its stop flag only when somebody connects or two seconds have passed, so somebody
  /// connects.
  ~state() {
    if (!server)
      return;
    auto at = listening;
    if (at.host == "0.0.0.0" || at.host == "::")
      at.host = at.host == "::" ? "::1" : "127.0.0.1";
    const std::jthread knocker{[raw = to_raw(at)](const std::stop_token& stopped) {
      while (raw && !stopped.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
        knock(*raw);
      }
    }};
    server.reset();
  }
};

exposer::exposer(std::unique_ptr<state> s) : state_(std::move(s)) {}
exposer::~exposer() = default;

result<std::unique_ptr<exposer>> exposer::start(const exposer_options& options,
                                                const std::shared_ptr<recorder>& what) {
  const auto where = to_string(options.listen);
  const auto cannot = [&where](const std::string& why) {
    return fail(errc::configuration, "metrics: cannot listen on " + where + ": " + why);
  };
  if (auto why = why_not_listen(options.listen))
    return cannot(*why);

  auto s = std::make_unique<state>();
  s->registry = what->registry();
  s->listening = options.listen;
  std::vector<std::string> settings{"listening_ports",    where,  "num_threads", "2",
                                    "request_timeout_ms", "10000"};
  try {
    s->server = std::make_unique<prometheus::Exposer>(settings);
    const auto ports = s->server->GetListeningPorts();
    if (ports.empty())
      return cannot("the HTTP server did not start");
    s->listening.port = static_cast<std::uint16_t>(ports.front());
    if (options.login)
      s->server->RegisterAuth(
          [login = *options.login](const std::string& user, const std::string& password) {
            // Both are compared whichever fails, so that time does not tell which was wrong.
            const bool user_fits = equal_constant_time(as_bytes(user), as_bytes(login.user));
            return equal_constant_time(as_bytes(password), as_bytes(login.password)) && user_fits;
          },
          "truckee metrics");
    s->server->RegisterCollectable(s->registry);
  } catch (const std::exception& problem) {
    if (options.listen.host.find(':') != std::string::npos)
      return cannot("the HTTP server of this build (civetweb) may lack IPv6; give an IPv4 address");
    return cannot(problem.what());
  }
  return std::unique_ptr<exposer>{new exposer(std::move(s))};
}

const address& exposer::listening() const {
  return state_->listening;
}

std::string exposer::url() const {
  return "http://" + to_string(state_->listening) + "/metrics";
}

} // namespace truckee::metrics
