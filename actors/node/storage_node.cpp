#include "truckee/actors/node/storage_node.hpp"

#include "truckee/base/random.hpp"
#include "truckee/crypto/base32.hpp"

namespace truckee::actors {

storage::unix_clock unix_clock_of(time_ptr time) {
  return [time = std::move(time)] {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time->unix_now()).count());
  };
}

namespace {

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

result<messages::storage_server>
open_storage_server(node& n, const storage::disk_store_options& options, const std::string& name,
                    const storage::expiry_settings& expiry,
                    std::function<void(const storage::expiry_report&)> report) {
  const auto now = unix_clock_of(n.shared()->time);
  auto store = storage::open_disk_store(options, now, *n.shared()->random);
  if (!store)
    return tl::unexpected(store.error());
  const auto info = (*store)->info();
  logs::say(n.log(), logs::events::storage_started,
            {{"version", truckee_version()},
             {"caf", caf_version()},
             {"name", name},
             {"directory", options.directory.string()},
             {"id", crypto::to_base32(info.id.view())},
             {"read_only", options.read_only},
             {"reserved_bytes", options.limits.reserved_space},
             {"durability", options.durability == storage::durability::full ? "full" : "none"}});
  auto server = spawn_storage_server(n.system(), n.shared(), kept_with(n.shared()->random, std::move(*store)),
                                     name, {}, {.settings = expiry, .now = now, .report = std::move(report)});
  n.own(caf::actor_cast<caf::strong_actor_ptr>(server));
  return server;
}

} // namespace truckee::actors
