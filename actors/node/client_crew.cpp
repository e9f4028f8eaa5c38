#include "truckee/actors/node/client_crew.hpp"

#include "truckee/actors/gateway/key_maker.hpp"
#include "truckee/actors/node/resident.hpp"
#include "truckee/actors/node/storage_node.hpp"
#include "truckee/actors/publish/byte_budget.hpp"

namespace truckee::actors {

namespace {

/// Where a server is that is not in this process; errors as endpoint_of's.
result<link_endpoint> remote_endpoint_of(const settings::server_config& server,
                                         const std::optional<tls::node_files>& tls) {
  return std::visit(
      [&](const auto& where) -> result<link_endpoint> {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(where)>, settings::local_directory>)
          return fail(errc::internal, server.name + ": it is in this process");
        else
          return endpoint_of(where, tls, server);
      },
      server.where);
}

} // namespace

client_crew::client_crew(caf::actor_system& system, const services_ptr& shared, client_options options,
                         crypto::lease_secret lease)
  : system_(system), base_(*shared), options_(std::move(options)),
    buffers_(std::make_shared<buffer_pool>(options_.kept_buffer_bytes_max)), groups_(disks_of(shared)),
    grid_(std::make_shared<const settings::grid_config>(std::move(options_.grid))) {
  base_.lease = lease;
  base_.buffers = buffers_;
}

void client_crew::watched_by(const supervisor& who) {
  const std::lock_guard lock(mutex_);
  watcher_ = caf::actor_cast<caf::actor_addr>(who);
}

supervisor client_crew::watcher() const {
  const std::lock_guard lock(mutex_);
  return caf::actor_cast<supervisor>(watcher_);
}

void client_crew::joins(const std::string& what, const caf::actor& who) {
  if (const auto to = watcher())
    messages::send_anonymously(to, messages::join_crew{what, who});
}

void client_crew::leaves(const caf::actor& who) {
  if (const auto to = watcher())
    messages::send_anonymously(to, messages::leave_crew{who});
}

void client_crew::runs_with(std::shared_ptr<const settings::grid_config> grid) {
  const std::lock_guard lock(mutex_);
  grid_ = std::move(grid);
}

result<bool> client_crew::use_tls(const tls::node_files& files) {
  return actors::use_tls(base_, files);
}

result<settings::grid_config> client_crew::read_again() {
  if (!options_.read_grid)
    return fail(errc::configuration, "this gateway was started without a grid file");
  return options_.read_grid();
}

result<std::pair<messages::file_gateway, crew>> client_crew::begin() {
  gateway_options gateway;
  {
    const std::lock_guard lock(mutex_);
    gateway.grid = grid_;
  }
  crew out;
  auto own = std::make_shared<services>(base_);
  own->budget = spawn_byte_budget(system_, std::make_shared<const services>(base_), gateway.in_flight_bytes);
  out.others.emplace_back("byte_budget", caf::actor_cast<caf::actor>(own->budget));
  gateway.keys_ready = options_.keys_ready;
  gateway.keys = spawn_key_maker(system_, std::make_shared<const services>(base_), 0);
  out.others.emplace_back("key_maker", caf::actor_cast<caf::actor>(gateway.keys));
  gateway.limits = options_.gateway;
  gateway.keeper = shared_from_this();
  std::optional<error> first_problem;
  bool any = gateway.grid->servers.empty();
  for (const auto& server : gateway.grid->servers) {
    auto opened = open(server, *gateway.grid, {});
    const bool local = std::holds_alternative<settings::local_directory>(server.where);
    if (!opened && (!local || !first_problem))
      first_problem = opened.error();
    if (!opened && !local) {
      any = false;
      break;
    }
    if (!opened) {
      // One server among several: whatever is wrong with its folder is that server's state.
      const auto link = spawn_server_link(
          system_, std::make_shared<const services>(base_),
          {server.name, absent_store{opened.error().detail}, server.id, limits_of(*gateway.grid)});
      out.others.emplace_back("link to " + server.name, caf::actor_cast<caf::actor>(link));
      gateway.servers.push_back({.name = server.name, .link = link, .pinned = server.id, .absent = true});
      continue;
    }
    any = true;
    auto started = (*opened)();
    if (started.store)
      out.others.emplace_back("store " + server.name, caf::actor_cast<caf::actor>(started.store));
    out.others.emplace_back("link to " + server.name, caf::actor_cast<caf::actor>(started.link));
    gateway.servers.push_back(
        {.name = server.name, .link = started.link, .store = started.store, .pinned = server.id});
  }
  if (!any) {
    for (const auto& [what, actor] : out.others)
      messages::send_anonymously(actor, messages::stop{});
    return tl::unexpected(*first_problem);
  }
  auto front = spawn_file_gateway(system_, std::move(own), std::move(gateway));
  out.front = caf::actor_cast<caf::actor>(front);
  return std::pair(std::move(front), std::move(out));
}

link_limits client_crew::limits_of(const settings::grid_config& grid) const {
  auto out = options_.link;
  if (grid.limits.connect_timeout)
    out.connect_timeout = *grid.limits.connect_timeout;
  if (grid.limits.reconnect)
    out.reconnect_max = *grid.limits.reconnect;
  out.reconnect_min = std::min(out.reconnect_min, out.reconnect_max);
  out.bytes_in_flight_max = grid.limits.link_bytes.value_or(out.bytes_in_flight_max);
  return out;
}

result<gateway_keeper::start> client_crew::open(const settings::server_config& server,
                                                const settings::grid_config& grid,
                                                const messages::storage_server& kept) {
  link_options link;
  link.name = server.name;
  link.pinned = server.id;
  link.limits = limits_of(grid);
  // Not the crew itself: whoever keeps what can be started may be kept by it.
  const auto shared = std::make_shared<const services>(base_);
  const auto* local = std::get_if<settings::local_directory>(&server.where);
  if (local == nullptr) {
    if (auto able = can_reach(system_, server, grid.tls); !able)
      return tl::unexpected(able.error());
    link.endpoint = *remote_endpoint_of(server, grid.tls);
    return
        [&system = system_, shared, link] { return started_server{spawn_server_link(system, shared, link)}; };
  }
  if (kept) {
    link.endpoint = kept;
    return [&system = system_, shared, link, kept] {
      return started_server{spawn_server_link(system, shared, link), kept};
    };
  }
  store_options store;
  store.disk.directory = local->path;
  store.disk.durability = options_.durability;
  store.name = server.name;
  store.limits = options_.storage;
  std::error_code unknown;
  const bool absent =
      std::filesystem::status(local->path, unknown).type() == std::filesystem::file_type::not_found;
  auto opened = options_.only_reads && absent
                    ? result<std::shared_ptr<storage::share_store>>(empty_store(shared))
                    : open_store(shared, store);
  if (!opened)
    return tl::unexpected(opened.error());
  return [&system = system_, shared, link, store, opened = *opened, groups = groups_]() mutable {
    const auto serving = start_store(system, shared, std::move(opened), store, groups);
    link.endpoint = serving;
    return started_server{spawn_server_link(system, shared, link), serving};
  };
}

result<void> can_reach(caf::actor_system& system, const settings::server_config& server,
                       const std::optional<tls::node_files>& tls) {
  if (std::holds_alternative<settings::local_directory>(server.where))
    return {};
  if (const auto found = remote_endpoint_of(server, tls); !found)
    return tl::unexpected(found.error());
  if (std::holds_alternative<settings::nurl>(server.where))
    return {}; // no affair of the actor system's
  if (auto able = has_network(system); !able)
    return fail(able.error().code, server.name + ": " + able.error().detail);
  return {};
}

} // namespace truckee::actors
