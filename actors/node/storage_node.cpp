#include "truckee/actors/node/storage_node.hpp"

#include "truckee/actors/node/resident.hpp"
#include "truckee/actors/node/version.hpp"
#include "truckee/actors/server/gbs_desk.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/gbs/server/identity.hpp"
#include "truckee/gbs/server/server.hpp"
#include "truckee/metrics/turned_away.hpp"
#include "truckee/storage/memory_store.hpp"

#include <mutex>

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

result<std::shared_ptr<storage::share_store>> open_store(const services_ptr& shared,
                                                         const store_options& options) {
  auto disk = options.disk;
  if (options.for_tahoe)
    disk.new_id = [&]() -> result<server_id> {
      auto who = gbs::find_or_make_identity(disk.directory, true, *shared->random);
      if (!who)
        return tl::unexpected(who.error());
      return who->key.id;
    };
  auto opened = storage::open_disk_store(disk, unix_clock_of(shared->time), *shared->random);
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
  return kept_with(shared->random, std::move(*opened));
}

std::shared_ptr<storage::share_store> empty_store(const services_ptr& shared) {
  storage::memory_store_options empty;
  empty.id = shared->random->make<server_id>();
  empty.read_only = true;
  return storage::make_memory_store(std::move(empty), unix_clock_of(shared->time));
}

std::shared_ptr<storage::group_commits> disks_of(const services_ptr& shared) {
  return std::make_shared<storage::group_commits>(
      shared->blocking, [count = shared->metrics](std::size_t, std::uint64_t syncs) {
        if (syncs > 0)
          count->disk_was_synced(syncs);
      });
}

messages::storage_server start_store(caf::actor_system& system, const services_ptr& shared,
                                     std::shared_ptr<storage::share_store> opened,
                                     const store_options& options,
                                     const std::shared_ptr<storage::group_commits>& groups) {
  auto advice =
      options.disk.read_only ? nullptr : std::make_shared<storage::advice_book>(options.disk.directory);
  return spawn_storage_server(
      system, shared, std::move(opened), options.name, options.limits,
      {.settings = options.expiry, .now = unix_clock_of(shared->time), .report = options.report},
      std::move(advice), groups);
}

} // namespace truckee::actors

namespace truckee {

using namespace actors;

namespace {

/// What a store runs with, and the store itself while it is open.
struct present_store {
  std::mutex mutex;
  store_options options;
  std::optional<storage::store_settings> settings; ///< once they were changed
  std::weak_ptr<storage::share_store> open;
  std::mutex desk_mutex;
  std::function<void(gbs::asked, gbs::replier)> desk; ///< changes with a restart; empty while there is none
};

/// What of a store's folder its door needs to know.
struct disk_place {
  std::filesystem::path directory;
  bool read_only = false;
  server_id id;
};

} // namespace

struct store::state {
  std::optional<tls::node_files> tls;
  std::shared_ptr<present_store> now = std::make_shared<present_store>();
  std::shared_ptr<front_door<messages::storage_server>> door =
      std::make_shared<front_door<messages::storage_server>>();
  std::unique_ptr<gbs::server> tahoe;
  std::unique_ptr<resident> rest; ///< last: ends first
};

store::store(std::unique_ptr<state> s) : state_(std::move(s)) {}
store::~store() = default;
store::store(store&&) noexcept = default;
store& store::operator=(store&&) noexcept = default;

result<store> store::spawn(caf::actor_system& system, store_options options, surroundings around) noexcept {
  try {
    auto rest = resident::make(system, around, options.threads, {});
    if (!rest)
      return tl::unexpected(rest.error());
    if (options.tls)
      if (auto usable = actors::use_tls(*(*rest)->shared(), *options.tls); !usable)
        return tl::unexpected(usable.error());
    auto s = std::make_unique<state>();
    s->tls = options.tls;
    supervisor_options watched;
    watched.what = "store " + options.name;
    s->now->options = std::move(options);
    watched.start = [&system, shared = (*rest)->shared(), door = s->door, now = s->now,
                     groups = disks_of((*rest)->shared())]() -> result<crew> {
      const std::lock_guard lock(now->mutex);
      auto opened = open_store(shared, now->options);
      if (!opened)
        return tl::unexpected(opened.error());
      if (now->settings)
        (*opened)->use(*now->settings);
      now->open = *opened;
      const auto serving = start_store(system, shared, std::move(*opened), now->options, groups);
      auto front = caf::actor_cast<caf::actor>(serving);
      crew all{front};
      if (now->options.for_tahoe) {
        auto desk = spawn_gbs_desk(system, shared, serving);
        {
          const std::lock_guard at_desk(now->desk_mutex);
          now->desk = std::move(desk.ask);
        }
        all.others.emplace_back("gbs desk", std::move(desk.who));
      }
      if (auto again = door->replace(system, serving); !again) {
        messages::send_anonymously(front, messages::stop{});
        for (const auto& [what, who] : all.others)
          messages::send_anonymously(who, messages::stop{});
        return tl::unexpected(again.error());
      }
      return all;
    };
    watched.on_down = [door = s->door] { door->leave(); };
    if (auto runs = (*rest)->run(std::move(watched), [door = s->door, &system] { door->close(system); });
        !runs)
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

result<address> store::publish(const address& where, bool any_user) {
  return state_->door->open(system(), *state_->rest->shared(),
                            {.at = where,
                             .tls = state_->tls,
                             .callers = {tls::role::client, tls::role::gateway},
                             .any_user = any_user},
                            "storage");
}

result<tahoe_door> store::serve_tahoe(const address& where) {
  const auto& shared = *state_->rest->shared();
  disk_place place;
  {
    const std::lock_guard lock(state_->now->mutex);
    const auto open = state_->now->open.lock();
    if (!open || !state_->now->options.for_tahoe || state_->tahoe)
      return fail(errc::configuration,
                  "the store is not open, was not started for Tahoe-LAFS, or serves it already");
    place = {state_->now->options.disk.directory, state_->now->options.disk.read_only, open->info().id};
  }
  auto who = gbs::find_or_make_identity(place.directory, !place.read_only, *shared.random);
  if (!who)
    return tl::unexpected(who.error());
  const auto told = std::make_shared<metrics::turned_away>("gbs", shared.log);
  auto serves = gbs::server::start({.listen = where,
                                    .pem = who->key.pem,
                                    .swissnum = who->swissnum,
                                    .serve =
                                        [now = state_->now](gbs::asked what, gbs::replier to) {
                                          const std::lock_guard at_desk(now->desk_mutex);
                                          now->desk(std::move(what), std::move(to));
                                        },
                                    .rejected =
                                        [count = shared.metrics, told](http::rejection why) {
                                          count->gbs_refused(why);
                                          told->tell(why);
                                        }});
  if (!serves)
    return tl::unexpected(serves.error());
  const auto at = (*serves)->listening();
  const auto nurl =
      place.read_only ? result<gbs::nurl>(gbs::nurl_of(*who, at)) : gbs::write_down(*who, place.id, at);
  if (!nurl)
    return tl::unexpected(nurl.error());
  state_->tahoe = std::move(*serves);
  logs::say(shared.log, logs::events::listening,
            {{"what", "gbs"}, {"address", to_string(at)}, {"tls", true}});
  return tahoe_door{at, gbs::to_text(*nurl), place.id, who->folder / "storage.nurl"};
}

void store::use(const storage::store_settings& settings, const storage::expiry_settings& expiry) {
  const std::lock_guard lock(state_->now->mutex);
  auto& options = state_->now->options;
  state_->now->settings = settings;
  if (const auto open = state_->now->open.lock())
    open->use(settings);
  if (expiry == options.expiry)
    return;
  options.expiry = expiry;
  if (const auto serving = server())
    messages::send_anonymously(
        caf::actor_cast<caf::actor>(serving),
        messages::use_expiry{std::make_shared<const storage::expiry_settings>(expiry)});
}

result<bool> store::use_tls(const tls::node_files& files) {
  return actors::use_tls(*state_->rest->shared(), files);
}

void store::stop(std::function<void()> done) {
  state_->rest->stop({}, std::move(done));
}

const std::shared_ptr<metrics::recorder>& store::metrics() const {
  return state_->rest->shared()->metrics;
}

const std::shared_ptr<doors::porter>& store::porter() const {
  return state_->rest->shared()->porter;
}

caf::actor_system& store::system() const {
  return state_->rest->system();
}

} // namespace truckee
