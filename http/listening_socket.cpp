#include "truckee/http/listening_socket.hpp"

#include "truckee/base/freed_by.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

/// Waiting callers that the kernel holds.
constexpr int backlog = 128;

/// A socket that listens there; else errno says why there is none.
descriptor try_to_listen(const addrinfo& at) {
  descriptor out(::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out)
    return out;
  const int on = 1;
  const int off = 0;
  ::setsockopt(out.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (at.ai_family == AF_INET6)
    ::setsockopt(out.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(out.get(), at.ai_addr, at.ai_addrlen) == 0 && ::listen(out.get(), backlog) == 0)
    return out;
  const int problem = errno;
  ::close(out.release());
  errno = problem;
  return out;
}

std::uint16_t port_of(int socket) {
  sockaddr_storage at{};
  socklen_t length = sizeof at;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &length) != 0)
    return 0;
  return ntohs(at.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(at).sin6_port
                                        : reinterpret_cast<const sockaddr_in&>(at).sin_port);
}

/// Whether a socket is at that path with nobody behind it.
bool is_left_behind(const sockaddr_un& at) {
  struct stat there {};
  if (::lstat(at.sun_path, &there) != 0 || !S_ISSOCK(there.st_mode))
    return false;
  const descriptor caller(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return caller && ::connect(caller.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 &&
         errno == ECONNREFUSED;
}

} // namespace

result<listening_socket> listen_at(const std::filesystem::path& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const auto& text = path.native();
  if (text.empty() || text.size() >= sizeof at.sun_path)
    return fail(errc::configuration, "the path of a socket has 1 to " +
                                         std::to_string(sizeof at.sun_path - 1) +
                                         " bytes; choose a shorter one");
  std::memcpy(at.sun_path, text.data(), text.size());
  descriptor out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto failed = [](int problem) {
    return fail(errc::configuration,
                problem == EADDRINUSE
                    ? "something is there already: another program listens, or it is no socket"
                    : std::strerror(problem));
  };
  if (!out)
    return failed(errno);
  if (is_left_behind(at))
    ::unlink(at.sun_path);
  if (::bind(out.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    return failed(errno);
  // Until it listens nobody can connect, whatever the umask let through.
  if (::chmod(at.sun_path, S_IRUSR | S_IWUSR) != 0 || ::listen(out.get(), backlog) != 0) {
    const int problem = errno;
    ::unlink(at.sun_path);
    return failed(problem);
  }
  return listening_socket{std::move(out), {text, 0}};
}

result<listening_socket> listen_on(const address& at) {
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
    if (auto socket = try_to_listen(*each)) {
      const auto real = port_of(socket.get());
      return listening_socket{std::move(socket), {numeric_host(*each), real}};
    }
    problem = errno;
  }
  return fail(errc::configuration, words_for(problem));
}

} // namespace truckee::http
