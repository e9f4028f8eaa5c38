#include "truckee/actors/node/client.hpp"

#include "truckee/actors/node/client_crew.hpp"
#include "truckee/actors/node/lease_secret.hpp"
#include "truckee/actors/node/resident.hpp"
#include "truckee/actors/node/version.hpp"
#include "truckee/control/gateway.hpp"

namespace truckee {

using namespace actors;

namespace {

/// Whether the system can reach every server as it must be reached.
result<void> can_reach(caf::actor_system& system, const settings::grid_config& grid) {
  for (const auto& server : grid.servers)
    if (auto able = actors::can_reach(system, server, grid.tls); !able)
      return able;
  return {};
}

} // namespace

struct client::state {
  std::optional<tls::node_files> tls;
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
    if (const auto file = options.grid_file; !file.empty()) {
      auto read = settings::read_grid_file(file);
      if (!read)
        return tl::unexpected(read.error());
      options.grid = std::move(*read);
      if (!options.read_grid)
        options.read_grid = [file] { return settings::read_grid_file(file); };
    }
    if (auto able = can_reach(system, options.grid); !able)
      return tl::unexpected(able.error());
    auto rest = resident::make(system, around, options.threads, options.patience);
    if (!rest)
      return tl::unexpected(rest.error());
    const auto shared = (*rest)->shared();
    if (options.grid.tls)
      if (auto usable = use_tls(*shared, *options.grid.tls); !usable)
        return tl::unexpected(usable.error());
    const auto lease_file =
        options.grid.lease_secret.value_or(options.data_home / "truckee" / "private" / "secret");
    const auto lease = lease_secret_in(lease_file, *shared->random,
                                       options.only_reads ? missing_secret::passing : missing_secret::kept);
    if (!lease)
      return tl::unexpected(lease.error());
    auto s = std::make_unique<state>();
    s->tls = options.grid.tls;
    shared->metrics->expect_publishes();
    logs::say(shared->log, logs::events::client_started,
              {{"version", truckee_version()},
               {"caf", caf_version()},
               {"servers", options.grid.servers.size()},
               {"needed", options.grid.encoding.needed},
               {"total", options.grid.encoding.total},
               {"happy", options.grid.encoding.happy},
               {"tls", s->tls.has_value()}});
    const auto starts = std::make_shared<client_crew>(system, shared, std::move(options), *lease);
    supervisor_options watched;
    watched.what = "client";
    watched.start = [starts, door = s->door, &system, metrics = shared->metrics]() -> result<crew> {
      auto started = starts->begin();
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
    if (auto runs = (*rest)->run(std::move(watched), [door = s->door, &system] { door->close(system); });
        !runs)
      return tl::unexpected(runs.error());
    starts->watched_by((*rest)->watcher());
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
  caf::scoped_actor self(system());
  messages::request_blocking(
      self, caf::actor_cast<messages::gateway_settings>(front), std::chrono::minutes(1),
      messages::use_grid{std::make_shared<const settings::grid_config>(wanted)},
      [&out](const messages::grid_in_use& x) { out = x; },
      [&](const caf::error& e) {
        out.refused = "the gateway does not answer: " + messages::describe(e, system());
      });
  return out;
}

result<address> client::publish(const address& where, bool any_user) {
  return state_->door->open(system(), *state_->rest->shared(),
                            {.at = where,
                             .tls = state_->tls,
                             .callers = {tls::role::client, tls::role::gateway},
                             .any_user = any_user},
                            "gateway");
}

void client::stop(std::chrono::milliseconds patience, std::function<void()> done) {
  state_->rest->stop(patience, std::move(done));
}

const std::shared_ptr<metrics::recorder>& client::metrics() const {
  return state_->rest->shared()->metrics;
}

const std::shared_ptr<doors::porter>& client::porter() const {
  return state_->rest->shared()->porter;
}

std::shared_ptr<doors::porter> client::take_porter() {
  return state_->rest->take_porter();
}

caf::actor_system& client::system() const {
  return state_->rest->system();
}

} // namespace truckee
