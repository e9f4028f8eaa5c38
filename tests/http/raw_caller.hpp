#pragma once

#include "truckee/base/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

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
  raw_caller& operator=(raw_caller&&) = delete;

  void say(const std::string& text) const {
    if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("cannot send");
  }

private:
  int fd_;
};

} // namespace truckee::test
