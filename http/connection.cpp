#include "truckee/http/connection.hpp"

#include <array>
#include <netdb.h>
#include <netinet/in.h>

namespace truckee::http {

caller_address address_of(const sockaddr_storage& at, socklen_t length) {
  std::array<char, NI_MAXHOST> text{};
  const auto* raw = reinterpret_cast<const sockaddr*>(&at);
  caller_address out;
  if (::getnameinfo(raw, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
    out.text = text.data();
  out.source = out.text;
  if (at.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(at).sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&six) && !IN6_IS_ADDR_LOOPBACK(&six))
      out.source.assign(reinterpret_cast<const char*>(&six), 8);
  }
  return out;
}

short events_for(channel_state state) {
  return state == channel_state::wants_write ? POLLOUT : POLLIN;
}

} // namespace truckee::http
