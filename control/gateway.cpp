#include "truckee/control/gateway.hpp"

#include "truckee/messages/caf/passages.hpp"

namespace truckee::control {

namespace {

/// What gateways of every version answer.
using greeter = messages::protocol<messages::greeting(messages::hello)>;

std::string this_program() {
  return "this is protocol " + std::to_string(messages::gateway_protocol) + " (" + messages::software_name() +
         ")";
}

/// Whether both speak the same protocol.
result<void> greet(caf::actor_system& system, const greeter& door, const std::string& place,
                   messages::duration timeout) {
  result<void> out = fail(errc::timeout, place + ": no answer to the introduction");
  caf::scoped_actor self(system);
  messages::request_blocking(
      self, door, timeout, messages::hello_to_gateway(),
      [&](const messages::greeting& them) {
        out = {};
        if (them.protocol != messages::gateway_protocol)
          out = fail(errc::protocol, place + ": the gateway speaks protocol " +
                                         std::to_string(them.protocol) + " (" + them.software.substr(0, 64) +
                                         "), " + this_program() + "; update the older one");
      },
      [&](const caf::error& e) {
        if (const auto refused = messages::refusal_in(e))
          out = fail(errc::protocol, place + ": refused: " + *refused);
        else if (!messages::is_timeout(e))
          out = fail(errc::protocol, place + ": " + messages::describe(e, system));
      });
  return out;
}

} // namespace

result<messages::file_gateway> connect_gateway(caf::actor_system& system, doors::porter& by,
                                               const address& where,
                                               const std::optional<tls::node_files>& tls,
                                               std::chrono::milliseconds timeout, bool any_user) {
  const auto place = to_string(where);
  if (!where.is_loopback() && !tls)
    return fail(errc::refused,
                "refusing to connect to " + place +
                    " without mutual TLS; give --ca, --cert and --key (`truckee certs DIR NAME` makes them)");
  doors::call to{
      .to = where, .tls = tls, .who = {{}, {}, {tls::role::gateway}, any_user}, .deadline = timeout};
  // Whoever listens on loopback is this machine's; its certificate has the name by which others know it.
  if (!where.is_loopback())
    to.who.names = {where.host};
  const auto peer = messages::connect_blocking(system, by, to);
  if (!peer)
    return tl::unexpected(peer.error());
  const auto door = messages::as_protocol<greeter>(system, *peer);
  if (!door)
    return fail(errc::protocol, place +
                                    ": what answers there is no gateway, or one from before protocol 2; " +
                                    this_program());
  if (auto same = greet(system, door, place, timeout); !same)
    return tl::unexpected(same.error());
  auto gateway = messages::as_protocol<messages::file_gateway>(system, *peer);
  if (!gateway)
    return fail(errc::protocol, place + ": what answers there is not a whole gateway; " + this_program());
  return gateway;
}

result<messages::file_gateway> connect_gateway(controller& by, const address& where,
                                               std::chrono::milliseconds timeout, bool any_user) {
  return connect_gateway(by.system(), by.porter(), where, by.tls(), timeout, any_user);
}

} // namespace truckee::control
