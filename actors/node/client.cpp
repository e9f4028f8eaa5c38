#include "truckee/actors/node/client.hpp"

#include "truckee/actors/node/lease_secret.hpp"
#include "truckee/actors/node/resident.hpp"
#include "truckee/actors/node/storage_node.hpp"
#include "truckee/actors/node/version.hpp"
#include "truckee/actors/publish/byte_budget.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/settings/grid_changes.hpp"

#include <mutex>

namespace truckee {

using namespace actors;

namespace {

/// Shares in memory and on their way, over all publishes: CAF's own queues have no bound, and take some times
/// the bytes they hold.
constexpr std::uint64_t in_flight_bytes_max = 256ULL << 20;

grid::grid_limits limits_of(const settings::limit_settings& set) {
  grid::grid_limits out;
  if (set.publish_deadline)
    out.publish_deadline = *set.publish_deadline;
  if (set.server_deadline)
    out.server_deadline_base = *set.server_deadline;
  return out;
}

/// What a client runs with now: a gateway that is started again goes on with it.
class grid_now {
public:
  explicit grid_now(settings::grid_config first) { set(std::move(first)); }
  std::shared_ptr<const settings::grid_config> get() const {
    const std::lock_guard lock(mutex_);
    return grid_;
  }
  void set(settings::grid_config grid) {
    const std::lock_guard lock(mutex_);
    grid_ = std::make_shared<const settings::grid_config>(std::move(grid));
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const settings::grid_config> grid_;
};

/// Where a server is that is not in this process; errors as endpoint_of's.
result<link_endpoint> remote_endpoint_of(const settings::server_config& server,
                                         const std::optional<tls::node_files>& tls) {
  return std::visit(
      [&](const auto& where) -> result<link_endpoint> {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(where)>, settings::local_directory>)
          return fail(errc::internal, server.name + ": it is in this process");
        else
          return endpoint_of(where, tls, server.name);
      },
      server.where);
}

/// Starts the client's actors, once at first and again after each of them had to end.
class starter {
public:
  starter(caf::actor_system& system, const services_ptr& shared, client_options options,
          std::shared_ptr<const grid_now> grid, crypto::lease_secret lease)
    : system_(system), base_(*shared), options_(std::move(options)), grid_(std::move(grid)),
      buffers_(std::make_shared<buffer_pool>(options_.kept_buffer_bytes_max)) {
    base_.lease = lease;
    base_.limits = limits_of(options_.grid.limits);
    base_.buffers = buffers_;
  }

  result<std::pair<messages::file_gateway, crew>> start() const {
    crew out;
    auto own = std::make_shared<services>(base_);
    const auto& limits = options_.grid.limits;
    own->budget = spawn_byte_budget(system_, std::make_shared<const services>(base_),
                                    limits.in_flight_bytes.value_or(in_flight_bytes_max));
    out.others.emplace_back("byte_budget", caf::actor_cast<caf::actor>(own->budget));
    const services_ptr shared = std::move(own);
    gateway_options gateway;
    gateway.grid = grid_->get();
    gateway.keys_ready = limits.keys_ready.value_or(options_.keys_ready);
    gateway.limits = options_.gateway;
    for (const auto& server : options_.grid.servers) {
      auto link = link_to(shared, server, out);
      if (!link) {
        for (const auto& [what, actor] : out.others)
          messages::send_anonymously(actor, messages::stop{});
        return tl::unexpected(link.error());
      }
      gateway.servers.push_back({server.name, *link, server.preferred, server.permutation_seed});
    }
    auto front = spawn_file_gateway(system_, shared, std::move(gateway));
    out.front = caf::actor_cast<caf::actor>(front);
    return std::pair(std::move(front), std::move(out));
  }

private:
  result<messages::server_link> link_to(const services_ptr& shared, const settings::server_config& server,
                                        crew& into) const {
    link_options link;
    link.name = server.name;
    link.pinned = server.id;
    link.limits = options_.link;
    if (options_.grid.limits.connect_timeout)
      link.limits.connect_timeout = *options_.grid.limits.connect_timeout;
    if (const auto* local = std::get_if<settings::local_directory>(&server.where)) {
      store_options store;
      store.disk.directory = local->path;
      store.disk.durability = options_.durability;
      store.name = server.name;
      store.limits = options_.storage;
      std::error_code unknown;
      const bool absent =
          std::filesystem::status(local->path, unknown).type() == std::filesystem::file_type::not_found;
      auto opened = options_.only_reads && absent ? open_empty_server(system_, shared, store)
                                                  : open_storage_server(system_, shared, store);
      if (!opened)
        return tl::unexpected(opened.error());
      into.others.emplace_back("store " + server.name, caf::actor_cast<caf::actor>(*opened));
      link.endpoint = *opened;
    } else {
      const auto found = remote_endpoint_of(server, options_.grid.tls);
      if (!found)
        return tl::unexpected(found.error());
      link.endpoint = *found;
    }
    auto out = spawn_server_link(system_, shared, std::move(link));
    into.others.emplace_back("link to " + server.name, caf::actor_cast<caf::actor>(out));
    return out;
  }

  caf::actor_system& system_;
  services base_;
  client_options options_;
  std::shared_ptr<const grid_now> grid_;
  std::shared_ptr<buffer_pool> buffers_;
};

/// Whether the system can reach every server as it must be reached.
result<void> can_reach(caf::actor_system& system, const settings::grid_config& grid) {
  for (const auto& server : grid.servers) {
    if (std::holds_alternative<settings::local_directory>(server.where))
      continue;
    if (const auto found = remote_endpoint_of(server, grid.tls); !found)
      return tl::unexpected(found.error());
    if (!system.has_middleman())
      return fail(errc::configuration,
                  server.name + ": this actor system has no network; load caf::io::middleman");
  }
  return grid.tls ? has_identity(system, *grid.tls) : result<void>{};
}

} // namespace

struct client::state {
  bool tls = false;
  std::shared_ptr<grid_now> grid;
  std::shared_ptr<front_door<messages::file_gateway>> door =
      std::make_shared<front_door<messages::file_gateway>>();
  std::unique_ptr<resident> rest; ///< last: ends first
};

client::client(std::unique_ptr<state> s) : state_(std::move(s)) {}
client::~client() = default;
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;

result<client> client::spawn(caf::actor_system& system, client_options options,
                             surroundings around) noexcept {
  try {
    if (auto able = can_reach(system, options.grid); !able)
      return tl::unexpected(able.error());
    auto rest = resident::make(system, around, options.threads, options.patience);
    if (!rest)
      return tl::unexpected(rest.error());
    const auto shared = (*rest)->shared();
    const auto lease_file =
        options.grid.lease_secret.value_or(options.data_home / "truckee" / "private" / "secret");
    const auto lease = lease_secret_in(lease_file, *shared->random,
                                       options.only_reads ? missing_secret::passing : missing_secret::kept);
    if (!lease)
      return tl::unexpected(lease.error());
    auto s = std::make_unique<state>();
    s->tls = options.grid.tls.has_value();
    s->grid = std::make_shared<grid_now>(options.grid);
    shared->metrics->expect_publishes();
    logs::say(shared->log, logs::events::client_started,
              {{"version", truckee_version()},
               {"caf", caf_version()},
               {"servers", options.grid.servers.size()},
               {"needed", options.grid.encoding.needed},
               {"total", options.grid.encoding.total},
               {"happy", options.grid.encoding.happy},
               {"tls", s->tls}});
    const auto starts = std::make_shared<const starter>(system, shared, std::move(options), s->grid, *lease);
    supervisor_options watched;
    watched.what = "client";
    watched.start = [starts, door = s->door, &system, metrics = shared->metrics]() -> result<crew> {
      auto started = starts->start();
      if (!started)
        return tl::unexpected(started.error());
      if (auto opened = door->replace(system, started->first); !opened) {
        messages::send_anonymously(started->second.front, messages::stop{});
        for (const auto& [what, actor] : started->second.others)
          messages::send_anonymously(actor, messages::stop{});
        return tl::unexpected(opened.error());
      }
      metrics->gateway_is(true);
      return std::move(started->second);
    };
    watched.on_down = [door = s->door, metrics = shared->metrics] {
      metrics->gateway_is(false);
      door->leave();
    };
    if (auto runs = (*rest)->run(std::move(watched)); !runs)
      return tl::unexpected(runs.error());
    s->rest = std::move(*rest);
    return client(std::move(s));
  } catch (const std::exception& problem) {
    return fail(errc::internal, std::string("the client could not be started: ") + problem.what());
  }
}

messages::file_gateway client::gateway() const {
  return state_->door->front();
}

caf::actor client::supervisor() const {
  return caf::actor_cast<caf::actor>(state_->rest->watcher());
}

messages::publish_reply client::ask(messages::publish_request request) {
  return control::ask(system(), gateway(), std::move(request));
}

messages::retrieve_reply client::ask(messages::retrieve_request request) {
  return control::ask(system(), gateway(), std::move(request));
}

messages::check_reply client::ask(messages::check_request request) {
  return control::ask(system(), gateway(), std::move(request));
}

messages::grid_in_use client::use(const settings::grid_config& wanted) {
  messages::grid_in_use out;
  const auto front = gateway();
  if (!front) {
    out.refused = "the gateway is being started again";
    return out;
  }
  auto next = settings::changes_between(*state_->grid->get(), wanted).in_use;
  caf::scoped_actor self(system());
  messages::request_blocking(
      self, caf::actor_cast<messages::gateway_settings>(front), std::chrono::seconds(10),
      messages::use_grid{std::make_shared<const settings::grid_config>(wanted)},
      [&out](const messages::grid_in_use& x) { out = x; },
      [&](const caf::error& e) {
        out.refused = "the gateway does not answer: " + messages::describe(e, system());
      });
  if (!out.refused)
    state_->grid->set(std::move(next));
  return out;
}

result<address> client::publish(const address& where) {
  return state_->door->open(system(), where, state_->tls, state_->rest->shared()->log, "gateway");
}

void client::stop(std::chrono::milliseconds patience, std::function<void()> done) {
  state_->rest->stop(patience, std::move(done));
}

const std::shared_ptr<metrics::recorder>& client::metrics() const {
  return state_->rest->shared()->metrics;
}

caf::actor_system& client::system() const {
  return state_->rest->system();
}

} // namespace truckee
