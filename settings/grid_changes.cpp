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

std::string words(grid::order_name order, const grid::strict_terms& strict) {
  std::string out{to_string(order)};
  if (order == grid::order_name::strict)
    out += ", liars " + std::to_string(strict.liars) + ", rounds " + std::to_string(strict.rounds);
  return out;
}

std::string words(const std::optional<grid::server_exchange>& x) {
  return x ? "server " + x->coming + " comes for " + x->leaving + ", and " +
                 (x->new_decides ? x->coming : x->leaving) + "'s side decides"
           : "no server is exchanged any more";
}

std::string words(const grid::spread& x) {
  return std::to_string(x.needed) + " of " + std::to_string(x.total) + ", happy with " +
         std::to_string(x.happy);
}

/// What a link carries on with.
void change_place(const server_config& now, const server_config& wanted, grid_changes& out) {
  const auto tell = [&](bool differs, const std::string& what) {
    if (differs)
      out.changed.push_back("server " + now.name + what);
  };
  tell(now.drain != wanted.drain, wanted.drain ? " gets no new shares" : " gets new shares again");
  tell(now.preferred != wanted.preferred, wanted.preferred ? " is preferred" : " is not preferred any more");
  tell(now.permutation_seed != wanted.permutation_seed, " has another permutation seed");
}

/// Two servers of this process would have one folder until the first has ended.
const server_config* holder_of_folder(const server_config& wanted, const grid_config& now) {
  if (!std::holds_alternative<local_directory>(wanted.where))
    return nullptr;
  const auto at = std::ranges::find_if(
      now.servers, [&](const server_config& x) { return x.where == wanted.where && x.name != wanted.name; });
  return at == now.servers.end() ? nullptr : &*at;
}

void change_servers(const grid_config& now, const grid_config& wanted, grid_changes& out) {
  for (const auto& server : wanted.servers)
    if (const auto* holder = holder_of_folder(server, now))
      out.needs_restart.push_back(title(server) + " has the folder of \"" + holder->name +
                                  "\"; servers stay as they are");
  if (!out.needs_restart.empty())
    return;
  for (const auto& server : now.servers)
    if (const auto* other = named(wanted.servers, server.name); !other)
      out.changed.push_back("server " + server.name + " is gone");
    else if (is_same_server(server, *other))
      change_place(server, *other, out);
    else
      out.changed.push_back("server " + server.name + " is another one");
  for (const auto& server : wanted.servers)
    if (!named(now.servers, server.name))
      out.changed.push_back("server " + server.name + " is new");
  out.in_use.servers = wanted.servers;
}

void change_limits(const limit_settings& wanted, grid_changes& out) {
  for (const auto& key : limit_keys) {
    const auto value = limit_in(wanted, key);
    if (limit_in(out.in_use.limits, key) != value)
      out.changed.push_back("[limits] " + std::string(key.name) +
                            (value ? " " + std::to_string(*value) : " as the program has it"));
  }
  out.in_use.limits = wanted;
}

} // namespace

bool is_same_server(const server_config& a, const server_config& b) {
  return a.name == b.name && a.where == b.where && a.id == b.id && a.certificate_pin == b.certificate_pin &&
         a.any_user == b.any_user;
}

bool same_link_limits(const limit_settings& a, const limit_settings& b) {
  return a.connect_timeout == b.connect_timeout && a.reconnect == b.reconnect && a.link_bytes == b.link_bytes;
}

grid_changes changes_between(const grid_config& now, const grid_config& wanted) {
  grid_changes out{now, {}, {}};
  change_servers(now, wanted, out);
  if (!(now.encoding == wanted.encoding)) {
    out.in_use.encoding = wanted.encoding;
    out.changed.push_back("new files: " + words(wanted.encoding));
  }
  if (now.order != wanted.order || now.strict != wanted.strict) {
    out.in_use.order = wanted.order;
    out.in_use.strict = wanted.strict;
    out.changed.push_back("publish order: " + words(wanted.order, wanted.strict));
  }
  if (now.exchange != wanted.exchange) {
    out.in_use.exchange = wanted.exchange;
    out.changed.push_back(words(wanted.exchange));
  }
  if (now.neighbour_file != wanted.neighbour_file || now.neighbour != wanted.neighbour) {
    out.in_use.neighbour_file = wanted.neighbour_file;
    out.in_use.neighbour = wanted.neighbour;
    out.changed.push_back(wanted.neighbour_file ? "writers by " + wanted.neighbour_file->string() +
                                                      " may write at the same time"
                                                : "no neighbouring setting's writers may write any more");
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
  restart(now.tls.has_value() != wanted.tls.has_value(), "[tls]");
  if (now.tls && wanted.tls && now.tls != wanted.tls) {
    out.in_use.tls = wanted.tls;
    out.changed.emplace_back("[tls] names other files");
  }
  restart(now.lease_secret != wanted.lease_secret, "[client] lease-secret");
  restart(!(now.metrics == wanted.metrics), "[metrics]");
  restart(now.status_listen != wanted.status_listen, "[status] listen");
  restart(!(now.http == wanted.http), "[http]");
  restart(!(now.log == wanted.log), "[log]");
  return out;
}

} // namespace truckee::settings
