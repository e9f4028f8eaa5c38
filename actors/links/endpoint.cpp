#include "truckee/actors/links/endpoint.hpp"

namespace truckee::actors {

result<link_endpoint> endpoint_of(const settings::caf_address& where,
                                  const std::optional<tls::node_files>& tls,
                                  const settings::server_config& server) {
  if (!where.at.is_loopback() && !tls)
    return fail(errc::refused, "refusing to connect to " + to_string(where.at) + " (" + server.name +
                                   ") without mutual TLS; make certificates with `truckee certs DIR NAME...` "
                                   "and name them in the grid file's [tls]");
  return remote_endpoint{
      where.at,
      tls,
      {{server.name, where.at.host}, server.certificate_pin, {tls::role::server}, server.any_user}};
}

result<link_endpoint> endpoint_of(const settings::nurl& where, const std::optional<tls::node_files>&,
                                  const settings::server_config& server) {
  return gbs_endpoint{where, server.id};
}

} // namespace truckee::actors
