#include "truckee/http/bind_check.hpp"

#include "truckee/base/freed_by.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

namespace truckee::http {

namespace {

using address_list = std::unique_ptr<addrinfo, freed_by<freeaddrinfo>>;

std::string numeric_host(const addrinfo& at) {
  std::array<char, NI_MAXHOST> host{};
  const int bad =
      getnameinfo(at.ai_addr, at.ai_addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  return bad == 0 ? host.data() : std::string{};
}

std::string words_for(int problem) {
  switch (problem) {
  case EADDRINUSE:
    return "another program listens there; choose another port, or 0 for any free one";
  case EADDRNOTAVAIL:
    return "it is not an address of this machine";
  case EACCES:
    return "ports below 1024 need a privilege; choose a higher one";
  default:
    return std::strerror(problem);
  }
}

/// 0, or errno.
int try_to_listen(const addrinfo& at) {
  const int fd = ::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return errno;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int problem = ::bind(fd, at.ai_addr, at.ai_addrlen) == 0 && ::listen(fd, 1) == 0 ? 0 : errno;
  ::close(fd);
  return problem;
}

} // namespace

result<address> listenable(const address& at) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  const auto port = std::to_string(at.port);
  if (const int bad = getaddrinfo(at.host.c_str(), port.c_str(), &hints, &raw); bad != 0)
    return fail(errc::configuration, "\"" + at.host + "\" stands for no address (" + gai_strerror(bad) +
                                         "); give one of this machine's, e.g. 127.0.0.1");
  const address_list all{raw};
  int problem = EADDRNOTAVAIL;
  for (const auto* each = all.get(); each != nullptr; each = each->ai_next) {
    problem = try_to_listen(*each);
    if (problem == 0)
      return address{numeric_host(*each), at.port};
  }
  return fail(errc::configuration, words_for(problem));
}

} // namespace truckee::http
