#include "truckee/settings/grid_changes.hpp"

#include <algorithm>

namespace truckee::settings {

namespace {

template <class Servers>
auto* named(Servers& in, const std::string& name) {
  const auto at = std::ranges::find(in, name, &server_config::name);
  return at == in.end() ? nullptr : &*at;
}

std::string title(const server_config& server) {
  return "[[server]] \"" + server.name + "\"";
}

std::string words(const grid::spread& x) {
  return std::to_string(x.needed) + " of " + std::to_string(x.total) + ", happy with " +
         std::to_string(x.happy);
}

void change_server(server_config& now, const server_config& wanted, grid_changes& out) {
  if (!(now.where == wanted.where) || now.id != wanted.id) {
    out.needs_restart.push_back(title(now) + " is another one");
    return;
  }
  if (now.drain != wanted.drain)
    out.changed.push_back("server " + now.name +
                          (wanted.drain ? " gets no new shares" : " gets new shares again"));
  if (now.preferred != wanted.preferred)
    out.changed.push_back("server " + now.name +
                          (wanted.preferred ? " is preferred" : " is not preferred any more"));
  if (now.permutation_seed != wanted.permutation_seed)
    out.changed.push_back("server " + now.name + " has another permutation seed");
  now = wanted;
}

void change_servers(const grid_config& wanted, grid_changes& out) {
  for (auto& server : out.in_use.servers)
    if (const auto* other = named(wanted.servers, server.name))
      change_server(server, *other, out);
    else
      out.needs_restart.push_back(title(server) + " is gone");
  for (const auto& server : wanted.servers)
    if (!named(out.in_use.servers, server.name))
      out.needs_restart.push_back(title(server) + " is new");
}

void change_limits(const limit_settings& wanted, grid_changes& out) {
  auto& now = out.in_use.limits;
  const auto take = [&out](auto& into, const auto& from, const char* key) {
    if (into == from)
      return;
    into = from;
    out.changed.push_back(std::string("[limits] ") + key +
                          (from ? " " + std::to_string(*from) : " as the program has it"));
  };
  take(now.held_bytes, wanted.held_bytes, "held-bytes");
  take(now.operations, wanted.operations, "operations");
  take(now.operations_per_caller, wanted.operations_per_caller, "operations-per-caller");
  const auto keep = [&out](const auto& a, const auto& b, const char* key) {
    if (a != b)
      out.needs_restart.push_back(std::string("[limits] ") + key);
  };
  keep(now.publish_deadline, wanted.publish_deadline, "publish-deadline-seconds");
  keep(now.server_deadline, wanted.server_deadline, "server-deadline-seconds");
  keep(now.connect_timeout, wanted.connect_timeout, "connect-timeout-seconds");
  keep(now.in_flight_bytes, wanted.in_flight_bytes, "in-flight-bytes");
  keep(now.keys_ready, wanted.keys_ready, "keys-ready");
}

} // namespace

grid_changes changes_between(const grid_config& now, const grid_config& wanted) {
  grid_changes out{now, {}, {}};
  change_servers(wanted, out);
  if (!(now.encoding == wanted.encoding)) {
    out.in_use.encoding = wanted.encoding;
    out.changed.push_back("new files: " + words(wanted.encoding));
  }
  if (now.order != wanted.order) {
    out.in_use.order = wanted.order;
    out.changed.push_back("publish order: " + std::string(to_string(wanted.order)));
  }
  if (now.read_only != wanted.read_only) {
    out.in_use.read_only = wanted.read_only;
    out.changed.emplace_back(wanted.read_only ? "read-only: no writes are taken" : "writes are taken again");
  }
  change_limits(wanted.limits, out);
  const auto restart = [&out](bool differs, const char* what) {
    if (differs)
      out.needs_restart.emplace_back(what);
  };
  restart(now.tls != wanted.tls, "[tls]");
  restart(now.lease_secret != wanted.lease_secret, "[client] lease-secret");
  restart(!(now.metrics == wanted.metrics), "[metrics]");
  restart(now.status_listen != wanted.status_listen, "[status] listen");
  restart(!(now.log == wanted.log), "[log]");
  return out;
}

} // namespace truckee::settings
