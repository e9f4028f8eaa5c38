#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/freed_by.hpp"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace truckee::test {

/// A TLS connection that asks nobody who he is, and says what no good client does.
class tls_caller {
public:
  explicit tls_caller(const address& at, int version_max = 0)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), context_(SSL_CTX_new(TLS_client_method())) {
    // OpenSSL writes as a pipe is written; that a server has hung up is what tests look for.
    std::signal(SIGPIPE, SIG_IGN);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(at.port);
    if (fd_ < 0 || ::inet_pton(AF_INET, at.host.c_str(), &to.sin_addr) != 1 ||
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("cannot connect to " + to_string(at));
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION); // whatever this machine's habits are
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    session_.reset(SSL_new(context_.get()));
    SSL_set_fd(session_.get(), fd_);
    stands_ = SSL_connect(session_.get()) == 1;
  }
  ~tls_caller() {
    session_.reset();
    if (fd_ >= 0)
      ::close(fd_);
  }
  tls_caller(tls_caller&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), context_(std::move(other.context_)),
      session_(std::move(other.session_)), stands_(other.stands_) {}
  tls_caller& operator=(tls_caller&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(context_, other.context_);
    std::swap(session_, other.session_);
    std::swap(stands_, other.stands_);
    return *this;
  }

  /// Whether there was a handshake.
  bool stands() const { return stands_; }
  int version() const { return SSL_version(session_.get()); }
  /// Whether the other side still took it.
  bool say(std::string_view text) const {
    std::size_t put = 0;
    return text.empty() || SSL_write_ex(session_.get(), text.data(), text.size(), &put) == 1;
  }
  struct heard {
    unsigned status = 0; ///< 0: no whole answer came
    std::string head = {}, body = {};
    /// The value of a field; empty where there is none.
    std::string field(const std::string& name) const {
      const auto at = head.find("\r\n" + name + ": ");
      if (at == head.npos)
        return {};
      const auto begin = at + name.size() + 4;
      return head.substr(begin, head.find("\r\n", begin) - begin);
    }
  };
  /// One answer.
  heard hear(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (left_.find("\r\n\r\n") == left_.npos)
      if (!more(end))
        return {};
    heard out;
    const auto head_end = left_.find("\r\n\r\n") + 4;
    out.head = left_.substr(0, head_end);
    left_.erase(0, head_end);
    const auto length = out.field("Content-Length");
    const std::size_t wanted = length.empty() ? 0 : std::stoul(length);
    while (left_.size() < wanted)
      if (!more(end))
        return {};
    out.body = left_.substr(0, wanted);
    left_.erase(0, wanted);
    out.status = static_cast<unsigned>(std::stoul(out.head.substr(out.head.find(' ') + 1)));
    return out;
  }
  /// Whether the other side closes within `patience`; what it says meanwhile is lost.
  bool is_let_go(std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (more(end))
      ;
    return std::chrono::steady_clock::now() < end;
  }

private:
  bool more(std::chrono::steady_clock::time_point end) {
    if (SSL_pending(session_.get()) == 0) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd one{fd_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&one, 1, static_cast<int>(left.count())) <= 0)
        return false;
    }
    std::array<char, 16 * 1024> piece{};
    std::size_t got = 0;
    if (SSL_read_ex(session_.get(), piece.data(), piece.size(), &got) != 1)
      return false;
    left_.append(piece.data(), got);
    return true;
  }

  int fd_;
  std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, freed_by<SSL_free>> session_;
  bool stands_ = false;
  std::string left_;
};

} // namespace truckee::test
