#include "truckee/actors/node/storage_node.hpp"

#include "truckee/base/random.hpp"
#include "truckee/crypto/base32.hpp"

namespace truckee::actors {

storage::unix_clock system_clock() {
  return [] {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
  };
}

result<messages::storage_server>
open_storage_server(node& n, const storage::disk_store_options& options, const std::string& name,
                    const storage::expiry_settings& expiry,
                    std::function<void(const storage::expiry_report&)> report) {
  auto store = storage::open_disk_store(options, system_clock(), system_random());
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
  auto server =
      spawn_storage_server(n.system(), std::move(*store), n.blocking(), n.recorder(), name, {}, n.log(),
                           {.settings = expiry, .now = system_clock(), .report = std::move(report)});
  n.own(caf::actor_cast<caf::strong_actor_ptr>(server));
  return server;
}

} // namespace truckee::actors
