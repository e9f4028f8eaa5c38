#include "truckee/gbs/client/connection.hpp"

#include "truckee/base/freed_by.hpp"
#include "truckee/tls/tub_id.hpp"

#include <algorithm>
#include <array>
#include <linux/tcp.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace truckee::gbs {

namespace {

bool has(const sockaddr_storage& at, socklen_t length, std::string_view host, int port) {
  std::array<char, NI_MAXHOST> name{};
  std::array<char, NI_MAXSERV> service{};
  return ::getnameinfo(reinterpret_cast<const sockaddr*>(&at), length, name.data(), name.size(),
                       service.data(), service.size(), NI_NUMERICHOST | NI_NUMERICSERV) == 0 &&
         host == name.data() && std::to_string(port) == service.data();
}

bool is_connection(int socket, const endpoints& between) {
  sockaddr_storage at{};
  socklen_t length = sizeof at;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &length) != 0 ||
      !has(at, length, between.local_host, between.local_port))
    return false;
  length = sizeof at;
  return ::getpeername(socket, reinterpret_cast<sockaddr*>(&at), &length) == 0 &&
         has(at, length, between.remote_host, between.remote_port);
}

} // namespace

std::uint64_t bytes_moved(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
    return 0;
  return info.tcpi_bytes_acked + info.tcpi_bytes_received;
}

int socket_set::open(int family, int type, int protocol) {
  const int out = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (out >= 0)
    open_.insert(out);
  return out;
}

int socket_set::close(int socket) {
  open_.erase(socket);
  return ::close(socket);
}

int socket_set::find(const endpoints& between) const {
  const auto at = std::ranges::find_if(open_, [&](int x) { return is_connection(x, between); });
  return at == open_.end() ? -1 : *at;
}

std::optional<server_id> certificate_id(void* ssl) {
  if (ssl == nullptr)
    return std::nullopt;
  const std::unique_ptr<X509, freed_by<X509_free>> found{SSL_get1_peer_certificate(static_cast<SSL*>(ssl))};
  return found ? tls::tub_id_of(found.get()) : std::nullopt;
}

} // namespace truckee::gbs
