#pragma once

#include "truckee/base/address.hpp"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace truckee::test {

/// Whether this machine has ::1; some containers do not.
inline bool has_ipv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 at{};
  at.sin6_family = AF_INET6;
  at.sin6_addr = in6addr_loopback;
  const bool has = fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  if (fd >= 0)
    ::close(fd);
  return has;
}

/// A TCP connection over IPv4 that does what no good client does.
class raw_caller {
public:
  explicit raw_caller(const address& at) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(at.port);
    if (fd_ < 0 || ::inet_pton(AF_INET, at.host.c_str(), &to.sin_addr) != 1 ||
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("cannot connect to " + to_string(at));
  }
  ~raw_caller() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  raw_caller(raw_caller&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  raw_caller& operator=(raw_caller&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  void say(const std::string& text) const {
    if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("cannot send");
  }

  /// Whether the other side still took it.
  bool try_say(const std::string& text) const {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// Takes at most so much into its window; to be said before anything is asked.
  void takes_little() const {
    const int bytes = 4096;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  /// All that comes until the other side closes; what came, if it does not within `patience`.
  std::string hear(std::chrono::milliseconds patience) const {
    std::string out;
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd one{fd_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&one, 1, static_cast<int>(left.count())) <= 0)
        return out;
      std::array<char, 4096> piece{};
      const auto got = ::recv(fd_, piece.data(), piece.size(), 0);
      if (got <= 0)
        return out;
      out.append(piece.data(), static_cast<std::size_t>(got));
    }
  }
  /// Whether the other side has closed within `patience`.
  bool is_let_go(std::chrono::milliseconds patience) const {
    const auto begin = std::chrono::steady_clock::now();
    hear(patience);
    return std::chrono::steady_clock::now() - begin < patience;
  }

private:
  int fd_;
};

} // namespace truckee::test
