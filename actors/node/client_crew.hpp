#pragma once

#include "truckee/actors/gateway/gateway_keeper.hpp"
#include "truckee/actors/node/client.hpp"
#include "truckee/actors/node/supervisor.hpp"

#include <mutex>

namespace truckee::actors {

/// Starts the actors of a client, once at first and again after each time they had to end; and one server's while they
/// run. What they go on with then is the grid in use, whoever changed it.
class client_crew final : public gateway_keeper, public std::enable_shared_from_this<client_crew> {
public:
  client_crew(caf::actor_system& system, const services_ptr& shared, client_options options,
              crypto::lease_secret lease);

  /// Whoever is told of servers that come and go; once, when the first crew runs.
  void watched_by(const supervisor& who);

  result<std::pair<messages::file_gateway, crew>> begin();

  result<start> open(const settings::server_config& server, const settings::grid_config& grid,
                     const messages::storage_server& kept) override;
  void joins(const std::string& what, const caf::actor& who) override;
  void leaves(const caf::actor& who) override;
  void runs_with(std::shared_ptr<const settings::grid_config> grid) override;
  result<bool> use_tls(const tls::node_files& files) override;
  result<settings::grid_config> read_again() override;

private:
  supervisor watcher() const;
  link_limits limits_of(const settings::grid_config& grid) const;

  caf::actor_system& system_;
  services base_;
  client_options options_;
  std::shared_ptr<buffer_pool> buffers_;
  std::shared_ptr<storage::group_commits> groups_; ///< of the stores in this process

  mutable std::mutex mutex_;
  std::shared_ptr<const settings::grid_config> grid_; ///< in use
  caf::actor_addr watcher_;                           ///< weak: it holds this
};

/// Whether the system can reach that server as it must be reached.
result<void> can_reach(caf::actor_system& system, const settings::server_config& server,
                       const std::optional<tls::node_files>& tls);

} // namespace truckee::actors
