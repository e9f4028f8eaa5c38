#include "truckee/actors/node/storage_node.hpp"

#include "truckee/actors/node/resident.hpp"
#include "truckee/actors/node/version.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/storage/memory_store.hpp"

namespace truckee::actors {

namespace {

storage::unix_clock unix_clock_of(time_ptr time) {
  return [time = std::move(time)] {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time->unix_now()).count());
  };
}

/// The store refers to the random source: whoever holds the one holds the other.
std::shared_ptr<storage::share_store> kept_with(std::shared_ptr<random_source> random,
                                                std::unique_ptr<storage::share_store> store) {
  struct both {
    std::shared_ptr<random_source> random;
    std::unique_ptr<storage::share_store> store;
  };
  auto kept = std::make_shared<both>(both{std::move(random), std::move(store)});
  auto* const face = kept->store.get();
  return {std::move(kept), face};
}

} // namespace

result<messages::storage_server> open_storage_server(caf::actor_system& system, const services_ptr& shared,
                                                     const store_options& options) {
  const auto now = unix_clock_of(shared->time);
  auto opened = storage::open_disk_store(options.disk, now, *shared->random);
  if (!opened)
    return tl::unexpected(opened.error());
  const auto info = (*opened)->info();
  logs::say(shared->log, logs::events::storage_started,
            {{"version", truckee_version()},
             {"caf", caf_version()},
             {"name", options.name},
             {"directory", options.disk.directory.string()},
             {"id", crypto::to_base32(info.id.view())},
             {"read_only", options.disk.read_only},
             {"reserved_bytes", options.disk.limits.reserved_space},
             {"durability", options.disk.durability == storage::durability::full ? "full" : "none"}});
  return spawn_storage_server(system, shared, kept_with(shared->random, std::move(*opened)), options.name,
                              options.limits,
                              {.settings = options.expiry, .now = now, .report = options.report});
}

result<messages::storage_server> open_empty_server(caf::actor_system& system, const services_ptr& shared,
                                                   const store_options& options) {
  storage::memory_store_options empty;
  empty.id = shared->random->make<server_id>();
  empty.read_only = true;
  return spawn_storage_server(system, shared,
                              storage::make_memory_store(std::move(empty), unix_clock_of(shared->time)),
                              options.name, options.limits);
}

} // namespace truckee::actors

namespace truckee {

using namespace actors;

struct store::state {
  bool tls = false;
  std::shared_ptr<front_door<messages::storage_server>> door =
      std::make_shared<front_door<messages::storage_server>>();
  std::unique_ptr<resident> rest; ///< last: ends first
};

store::store(std::unique_ptr<state> s) : state_(std::move(s)) {}
store::~store() = default;
store::store(store&&) noexcept = default;
store& store::operator=(store&&) noexcept = default;

result<store> store::spawn(caf::actor_system& system, store_options options, surroundings around) noexcept {
  try {
    if (options.tls)
      if (auto same = has_identity(system, *options.tls); !same)
        return tl::unexpected(same.error());
    auto rest = resident::make(system, around, options.threads, {});
    if (!rest)
      return tl::unexpected(rest.error());
    auto s = std::make_unique<state>();
    s->tls = options.tls.has_value();
    supervisor_options watched;
    watched.what = "store " + options.name;
    watched.start = [&system, shared = (*rest)->shared(), door = s->door, options]() -> result<crew> {
      auto opened = open_storage_server(system, shared, options);
      if (!opened)
        return tl::unexpected(opened.error());
      auto front = caf::actor_cast<caf::actor>(*opened);
      if (auto again = door->replace(system, *opened); !again) {
        messages::send_anonymously(front, messages::stop{});
        return tl::unexpected(again.error());
      }
      return crew{std::move(front)};
    };
    watched.on_down = [door = s->door] { door->leave(); };
    if (auto runs = (*rest)->run(std::move(watched)); !runs)
      return tl::unexpected(runs.error());
    s->rest = std::move(*rest);
    return store(std::move(s));
  } catch (const std::exception& problem) {
    return fail(errc::internal, std::string("the store could not be started: ") + problem.what());
  }
}

messages::storage_server store::server() const {
  return state_->door->front();
}

caf::actor store::supervisor() const {
  return caf::actor_cast<caf::actor>(state_->rest->watcher());
}

result<address> store::publish(const address& where) {
  return state_->door->open(system(), where, state_->tls, state_->rest->shared()->log, "storage");
}

void store::stop(std::function<void()> done) {
  state_->rest->stop({}, std::move(done));
}

const std::shared_ptr<metrics::recorder>& store::metrics() const {
  return state_->rest->shared()->metrics;
}

caf::actor_system& store::system() const {
  return state_->rest->system();
}

} // namespace truckee
