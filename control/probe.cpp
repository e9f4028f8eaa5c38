#include "truckee/control/probe.hpp"

#include "truckee/base/freed_by.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace truckee::control {

namespace {

using clock = std::chrono::steady_clock;

struct descriptor {
  int fd = -1;
  descriptor() = default;
  explicit descriptor(int from) : fd(from) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
};

/// One attempt, with the name of the place for its errors.
class attempt {
public:
  attempt(std::string place, clock::time_point end, bool tls) : place_(std::move(place)), end_(end) {
    if (!tls)
      hint_ = "the process may hang or want TLS ([tls] in the grid file), or a firewall drops packets";
  }

  tl::unexpected<error> no(errc code, const std::string& what) const {
    return fail(code, place_ + ": " + what);
  }

  /// Waits until `fd` is ready for `events`.
  result<void> wait(int fd, short events) const {
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - clock::now()).count();
      if (left <= 0)
        return no(errc::timeout, "no answer in time; " + std::string(hint_));
      pollfd entry{fd, events, 0};
      const int ready = ::poll(&entry, 1, static_cast<int>(left));
      if (ready > 0)
        return {};
      if (ready < 0 && errno != EINTR)
        return no(errc::io, std::strerror(errno));
    }
  }

  result<void> open(int fd, const addrinfo& to) const {
    if (::connect(fd, to.ai_addr, to.ai_addrlen) == 0)
      return {};
    if (errno != EINPROGRESS)
      return no(errc::unreachable, std::strerror(errno));
    if (auto ready = wait(fd, POLLOUT); !ready)
      return ready;
    int status = 0;
    socklen_t size = sizeof(status);
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &size);
    if (status != 0)
      return no(errc::unreachable, std::strerror(status));
    return {};
  }

  result<void> first_byte(int fd) const {
    std::byte one{};
    for (;;) {
      if (auto ready = wait(fd, POLLIN); !ready)
        return ready;
      const auto got = ::recv(fd, &one, 1, 0);
      if (got == 1)
        return {};
      if (got == 0)
        return no(errc::unreachable, "the other end hung up; it may want TLS, or be another program");
      if (errno != EAGAIN && errno != EINTR)
        return no(errc::unreachable, std::strerror(errno));
    }
  }

  result<void> first_byte_by_tls(int fd, const tls::node_files& files) const {
    const std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
    ERR_clear_error();
    if (!context || SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_file(context.get(), files.ca.c_str()) != 1)
      return no(errc::configuration, "cannot load the TLS files: " + last_error());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    const std::unique_ptr<SSL, freed_by<SSL_free>> session(SSL_new(context.get()));
    SSL_set_fd(session.get(), fd);
    std::byte one{};
    bool connected = false;
    for (;;) {
      ERR_clear_error();
      const int r = connected ? SSL_read(session.get(), &one, 1) : SSL_connect(session.get());
      if (r == 1 && connected)
        return {};
      if (r == 1) {
        connected = true;
        continue;
      }
      const int why = SSL_get_error(session.get(), r);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        return no(errc::unreachable, "TLS failed: " + last_error() +
                                         "; both ends need certificates of the same CA (truckee certs)");
      if (auto ready = wait(fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT); !ready)
        return ready;
    }
  }

private:
  static std::string last_error() {
    const auto code = ERR_peek_last_error();
    if (code == 0)
      return "the other end hung up";
    const char* text = ERR_reason_error_string(code);
    return text != nullptr ? text : "OpenSSL error " + std::to_string(code);
  }

  std::string place_;
  clock::time_point end_;
  std::string_view hint_ = "the process may hang, or a firewall drops packets";
};

} // namespace

result<void> probe(const std::string& host, std::uint16_t port, const std::optional<tls::node_files>& tls,
                   std::chrono::milliseconds deadline) {
  const auto place =
      (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
  const attempt a(place, clock::now() + deadline, tls.has_value());
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int bad = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw); bad != 0)
    return a.no(errc::unreachable, std::string("cannot resolve the host: ") + ::gai_strerror(bad));
  const std::unique_ptr<addrinfo, freed_by<::freeaddrinfo>> addresses(raw);
  result<void> last = a.no(errc::unreachable, "no address");
  for (const addrinfo* to = addresses.get(); to != nullptr; to = to->ai_next) {
    const descriptor socket(::socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.fd < 0) {
      last = a.no(errc::io, std::strerror(errno));
      continue;
    }
    last = a.open(socket.fd, *to);
    if (last)
      last = tls ? a.first_byte_by_tls(socket.fd, *tls) : a.first_byte(socket.fd);
    if (last || last.error().code == errc::timeout)
      return last;
  }
  return last;
}

} // namespace truckee::control
