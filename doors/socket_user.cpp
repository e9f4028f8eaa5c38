#include "truckee/doors/socket_user.hpp"

#include "truckee/base/descriptor.hpp"

#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

namespace truckee::doors {

namespace {

struct question {
  nlmsghdr head{};
  inet_diag_req_v2 body{};
};

/// Fills in one end of the socket that is asked for; false where it is no IP address.
bool put(const sockaddr_storage& from, __be16& port, __be32 (&at)[4], sa_family_t& family) {
  if (from.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(from);
    port = in.sin_port;
    at[0] = in.sin_addr.s_addr;
    family = AF_INET;
    return true;
  }
  if (from.ss_family != AF_INET6)
    return false;
  const auto& in = reinterpret_cast<const sockaddr_in6&>(from);
  port = in.sin6_port;
  if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
    std::memcpy(at, in.sin6_addr.s6_addr + 12, 4);
    family = AF_INET;
  } else {
    std::memcpy(at, in.sin6_addr.s6_addr, 16);
    family = AF_INET6;
  }
  return true;
}

} // namespace

std::optional<uid_t> user_of(const sockaddr_storage& peer, const sockaddr_storage& own) {
  question ask;
  ask.head.nlmsg_len = sizeof(ask);
  ask.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  ask.head.nlmsg_flags = NLM_F_REQUEST;
  ask.body.sdiag_protocol = IPPROTO_TCP;
  ask.body.idiag_states = ~0U;
  ask.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  ask.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  sa_family_t family = 0;
  // The socket that is asked for is the peer's: what is its own end there is the other end here.
  if (!put(peer, ask.body.id.idiag_sport, ask.body.id.idiag_src, family) ||
      !put(own, ask.body.id.idiag_dport, ask.body.id.idiag_dst, family))
    return std::nullopt;
  ask.body.sdiag_family = static_cast<__u8>(family);
  const descriptor netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  // The kernel answers in the call itself; the bound is for kernels that do not.
  const timeval second{1, 0};
  if (!netlink || ::setsockopt(netlink.get(), SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)) != 0 ||
      ::send(netlink.get(), &ask, sizeof(ask), 0) != static_cast<ssize_t>(sizeof(ask)))
    return std::nullopt;
  alignas(nlmsghdr) char answer[1024];
  const auto got = ::recv(netlink.get(), answer, sizeof(answer), 0);
  nlmsghdr head{};
  inet_diag_msg body{};
  if (got < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof(body)))
    return std::nullopt;
  std::memcpy(&head, answer, sizeof(head));
  if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
    return std::nullopt;
  std::memcpy(&body, answer + NLMSG_HDRLEN, sizeof(body));
  // A socket that nobody holds any more (its state is past FIN) is root's by number; it is nobody's.
  if (body.idiag_inode == 0)
    return std::nullopt;
  return body.idiag_uid;
}

std::optional<uid_t> user_at(int fd) {
  sockaddr_storage peer{};
  sockaddr_storage own{};
  socklen_t peer_size = sizeof(peer);
  socklen_t own_size = sizeof(own);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) != 0)
    return std::nullopt;
  return user_of(peer, own);
}

bool is_trusted(uid_t user) {
  return user == 0 || user == ::geteuid();
}

std::string user_words(std::optional<uid_t> user) {
  return user ? "user " + std::to_string(*user) + " of this machine"
              : "a user of this machine that cannot be told: netlink (AF_NETLINK) may not be allowed to this "
                "process";
}

bool is_gone(int fd) {
  pollfd at{fd, POLLRDHUP, 0};
  // A socket leaves the kernel's table a moment before its end arrives at the other one.
  constexpr int moment_ms = 1;
  return ::poll(&at, 1, moment_ms) == 1;
}

} // namespace truckee::doors
