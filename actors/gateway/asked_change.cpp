#include "truckee/actors/gateway/asked_change.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/settings/name.hpp"
#include "truckee/tls/pin_text.hpp"

#include <algorithm>

namespace truckee::actors {

namespace {

using messages::server_step;

/// Of a peer's text in our sentences.
std::string shown(const std::string& text) {
  return "\"" + text.substr(0, 64) + "\"";
}

result<settings::server_config> new_server(const messages::server_change& asked,
                                           const settings::grid_config& grid) {
  if (!settings::is_name(asked.server))
    return fail(errc::configuration,
                "server " + shown(asked.server) + ": expected " + std::string(settings::name_form));
  settings::server_config out;
  out.name = asked.server;
  const auto at = parse_address(asked.address);
  if (!at)
    return fail(errc::configuration,
                "server " + out.name + ": " + at.error().detail +
                    "; only servers on the network can be added so: a folder is the gateway's own machine's, "
                    "and only its grid file names those");
  out.where = settings::caf_address{*at};
  if (!asked.id.empty()) {
    const auto raw = crypto::from_base32(asked.id);
    out.id = raw ? server_id::from(*raw) : std::nullopt;
    if (!out.id)
      return fail(errc::configuration,
                  "server " + out.name + ": its id is no 32 characters of base32 in lower case (a-z, 2-7)");
  }
  if (!asked.certificate_pin.empty()) {
    out.certificate_pin = tls::parse_pin(asked.certificate_pin);
    if (!out.certificate_pin)
      return fail(errc::configuration,
                  "server " + out.name + ": its certificate-pin: expected " + std::string(tls::pin_form));
    if (!grid.tls)
      return fail(errc::configuration, "server " + out.name +
                                           ": its certificate-pin: this gateway runs without [tls], where no "
                                           "certificate is seen");
  }
  out.any_user = asked.any_user;
  for (const auto& other : grid.servers) {
    if (other.name == out.name)
      return fail(errc::configuration, "server " + out.name + " is there already; remove it first");
    if (other.where == out.where || (out.id && other.id == out.id))
      return fail(errc::configuration,
                  "server " + out.name + " is there already, as " + other.name + "; a server is listed once");
  }
  return out;
}

result<void> apply(settings::grid_config& grid, const messages::server_change& asked) {
  if (asked.step == server_step::add) {
    auto made = new_server(asked, grid);
    if (!made)
      return tl::unexpected(made.error());
    grid.servers.push_back(std::move(*made));
    return {};
  }
  const auto at = std::ranges::find(grid.servers, asked.server, &settings::server_config::name);
  if (at == grid.servers.end())
    return fail(errc::configuration, "there is no server " + shown(asked.server));
  switch (asked.step) {
  case server_step::add:
    break;
  case server_step::remove:
    grid.servers.erase(at);
    break;
  case server_step::drain:
  case server_step::undrain:
    at->drain = asked.step == server_step::drain;
    break;
  case server_step::prefer:
  case server_step::unprefer:
    at->preferred = asked.step == server_step::prefer;
    break;
  }
  return {};
}

} // namespace

result<settings::grid_config> with_changes(settings::grid_config grid,
                                           const messages::change_request& asked) {
  for (const auto& each : asked.servers)
    if (auto done = apply(grid, each); !done)
      return tl::unexpected(done.error());
  if (grid.servers.empty())
    return fail(errc::configuration, "no server would be left");
  if (grid.servers.size() > settings::servers_max)
    return fail(errc::configuration, "more than " + std::to_string(settings::servers_max) + " servers");
  if (asked.spread) {
    const auto& x = *asked.spread;
    if (x.needed < 1 || x.needed > x.total || x.happy < 1 || x.happy > x.total)
      return fail(errc::configuration, "expected 1 <= needed <= total, and 1 <= happy <= total");
    grid.encoding = x;
  }
  if (asked.read_only)
    grid.read_only = *asked.read_only;
  for (const auto& each : asked.limits)
    if (auto done = settings::set_limit(grid.limits, each.name, each.value); !done)
      return tl::unexpected(done.error());
  return grid;
}

} // namespace truckee::actors
