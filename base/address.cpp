#include "truckee/base/address.hpp"

#include "truckee/base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace truckee {

namespace {

constexpr std::size_t host_chars_max = 253; // the longest DNS name

tl::unexpected<error> bad(std::string_view text, std::string_view why) {
  return fail(errc::usage, "\"" + escaped(text.substr(0, 80)) + "\" is not an address: " + std::string{why} +
                               ". Expected HOST:PORT, e.g. 127.0.0.1:4401 or [::1]:4401");
}

/// inet_pton reads up to a zero byte; what stands behind one is part of a host, too.
template <class Raw>
bool reads(int family, const std::string& host, Raw& raw) {
  return host.find('\0') == host.npos && inet_pton(family, host.c_str(), &raw) == 1;
}

bool is_ipv4(const std::string& host) {
  in_addr raw{};
  return reads(AF_INET, host, raw);
}

bool is_ipv6(const std::string& host) {
  in6_addr raw{};
  return reads(AF_INET6, host, raw);
}

bool is_name(std::string_view host) {
  const bool characters = std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
  // A name's last label has a letter; "127.0.1" or "999.1.1.1" is a mistyped address, not a name.
  const auto last = host.substr(host.rfind('.') + 1);
  const bool letter = std::any_of(last.begin(), last.end(), [](char c) { return c > '9'; });
  return characters && letter && host.front() != '-' && host.front() != '.' && host.find("..") == host.npos;
}

} // namespace

bool address::is_numeric() const {
  return is_ipv4(host) || is_ipv6(host);
}

bool address::is_loopback() const {
  if (host == "localhost")
    return true;
  in_addr v4{};
  if (reads(AF_INET, host, v4))
    return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (!reads(AF_INET6, host, v6))
    return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

result<address> parse_address(std::string_view text, bool allow_port_zero) {
  if (text.empty())
    return bad(text, "it is empty");
  if (std::ranges::any_of(text, [](char c) { return c < ' ' || c > '~'; }))
    return bad(text, "it has a character that no address has");
  address out;
  std::string_view port;
  if (text.front() == '[') {
    const auto close = text.find(']');
    if (close == text.npos)
      return bad(text, "the bracket is not closed");
    out.host = text.substr(1, close - 1);
    if (!is_ipv6(out.host))
      return bad(text, "what stands in brackets is not an IPv6 address");
    if (close + 1 >= text.size() || text[close + 1] != ':')
      return bad(text, "no port follows the bracket");
    port = text.substr(close + 2);
  } else {
    const auto colon = text.rfind(':');
    if (colon == text.npos)
      return bad(text, "the port is missing");
    out.host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (text.find("://") != text.npos)
      return bad(text, "it is a URL; leave what stands before and behind HOST:PORT away");
    if (out.host.starts_with("tcp:"))
      return bad(text, "\"tcp:\" is Tahoe-LAFS's way of writing it; leave that away");
    if (out.host.empty())
      return bad(text, "the host is missing");
    if (out.host.find(':') != out.host.npos)
      return bad(text, "an IPv6 address stands in brackets");
    if (out.host.size() > host_chars_max || (!is_ipv4(out.host) && !is_name(out.host)))
      return bad(text, "the host is neither an IPv4 address nor a name");
  }
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (port.empty() || problem != std::errc{} || end != port.data() + port.size())
    return bad(text, "the port is not a number from 1 to 65535");
  if (out.port == 0 && !allow_port_zero)
    return bad(text, "port 0 cannot be connected to");
  return out;
}

std::string to_string(const address& a) {
  const bool brackets = a.host.find(':') != a.host.npos;
  return (brackets ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

} // namespace truckee
