#include "truckee/doors/socket_address.hpp"

#include "truckee/base/freed_by.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace truckee::doors {

namespace {

constexpr int backlog = 1024;

const sockaddr_in6& as_ip6(const socket_address& x) {
  return reinterpret_cast<const sockaddr_in6&>(x.raw);
}

bool is_mapped(const socket_address& x) {
  return x.raw.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&as_ip6(x).sin6_addr);
}

} // namespace

address parts_of(const socket_address& x) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (x.raw.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(x.raw);
    return {::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size()), ntohs(in.sin_port)};
  }
  if (x.raw.ss_family != AF_INET6)
    return {"unknown", 0};
  const auto& in = as_ip6(x);
  const auto* host = is_mapped(x) ? ::inet_ntop(AF_INET, in.sin6_addr.s6_addr + 12, text.data(), text.size())
                                  : ::inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
  return {host, ntohs(in.sin6_port)};
}

std::string to_string(const socket_address& x) {
  return to_string(parts_of(x));
}

std::string source_of(const socket_address& x) {
  if (x.raw.ss_family == AF_INET6 && !is_mapped(x))
    return {reinterpret_cast<const char*>(as_ip6(x).sin6_addr.s6_addr), 8};
  return parts_of(x).host;
}

result<std::vector<socket_address>> resolve(const address& what, bool numeric, bool to_listen) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (numeric ? AI_NUMERICHOST : 0) | (to_listen ? AI_PASSIVE : 0);
  addrinfo* raw = nullptr;
  const auto port = std::to_string(what.port);
  if (const int bad =
          ::getaddrinfo(what.host.empty() ? nullptr : what.host.c_str(), port.c_str(), &hints, &raw);
      bad != 0)
    return fail(errc::unreachable, to_string(what) + ": cannot resolve the host: " + ::gai_strerror(bad));
  const std::unique_ptr<addrinfo, freed_by<::freeaddrinfo>> all(raw);
  std::vector<socket_address> out;
  for (const auto* each = all.get(); each != nullptr; each = each->ai_next) {
    socket_address next;
    next.size = each->ai_addrlen;
    std::memcpy(&next.raw, each->ai_addr, each->ai_addrlen);
    out.push_back(next);
  }
  if (out.empty())
    return fail(errc::unreachable, to_string(what) + ": the host has no address");
  return out;
}

result<descriptor> listen_at(const address& where, address& bound) {
  const auto all = resolve(where, false, true);
  if (!all)
    return fail(errc::configuration, "cannot listen on " + all.error().detail);
  int problem = 0;
  for (const auto& each : *all) {
    descriptor out(::socket(each.raw.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    const int off = 0;
    if (out)
      ::setsockopt(out.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (out && each.raw.ss_family == AF_INET6)
      ::setsockopt(out.get(), IPPROTO_IPV6, IPV6_V6ONLY, where.host == "::" ? &off : &on, sizeof(on));
    socket_address got;
    if (out && ::bind(out.get(), each.get(), each.size) == 0 && ::listen(out.get(), backlog) == 0 &&
        ::getsockname(out.get(), reinterpret_cast<sockaddr*>(&got.raw), &got.size) == 0) {
      bound = {where.host, parts_of(got).port};
      return out;
    }
    problem = errno;
  }
  return fail(errc::configuration, "cannot listen on " + to_string(where) + ": " + std::strerror(problem) +
                                       (problem == EADDRINUSE ? "" : "; is the address this machine's?"));
}

void set_up_connection(int fd) {
  const auto set = [fd](int level, int what, int value) {
    ::setsockopt(fd, level, what, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

} // namespace truckee::doors
