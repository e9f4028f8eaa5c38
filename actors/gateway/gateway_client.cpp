#include "truckee/actors/gateway/gateway_client.hpp"

#include "truckee/actors/links/probe.hpp"
#include "truckee/messages/caf/network.hpp"

namespace truckee::actors {

result<messages::file_gateway> connect_gateway(node& n, const address& where,
                                               const std::optional<tls::node_files>& tls,
                                               std::chrono::milliseconds timeout) {
  if (!where.is_loopback() && !tls)
    return fail(errc::refused,
                "refusing to connect to " + to_string(where) +
                    " without mutual TLS; give --ca, --cert and --key (`truckee certs DIR NAME` makes them)");
  if (auto alive = probe(where.host, where.port, tls, timeout); !alive)
    return tl::unexpected(alive.error());
  std::string why;
  const auto peer =
      messages::connect_blocking(n.system(), tls.has_value(), where.host, where.port, timeout, why);
  if (!peer)
    return fail(errc::unreachable, to_string(where) + ": " + why);
  auto gateway = messages::as_protocol<messages::file_gateway>(n.system(), *peer);
  if (!gateway)
    return fail(errc::protocol,
                to_string(where) + ": what answers there is not a gateway of this Truckee's version");
  return gateway;
}

} // namespace truckee::actors
