#pragma once

#include "truckee/messages/types.hpp"
#include "truckee/settings/grid_file.hpp"

#include <functional>
#include <memory>
#include <string>

namespace truckee::actors {

/// A server's actors.
struct started_server {
  messages::server_link link;
  messages::storage_server store = {}; ///< where it is in this process
};

/// Whoever runs a gateway, as the gateway sees it: starts what servers need that come while it runs, ends what those
/// needed that went, and remembers what a gateway that is started again goes on with. Called from any thread.
class gateway_keeper {
public:
  /// Starts actors; returns at once.
  using start = std::function<started_server()>;

  virtual ~gateway_keeper() = default;

  /// Opens what the actors of one of `grid`'s servers need, which may block; the result starts them. `kept`: its
  /// store, where that runs already.
  virtual result<start> open(const settings::server_config& server, const settings::grid_config& grid,
                             const messages::storage_server& kept) = 0;
  /// It is watched from now on: if it ends by itself, all is started again. `what` is for the log.
  virtual void joins(const std::string& what, const caf::actor& who) = 0;
  /// It is needed no more, and ended.
  virtual void leaves(const caf::actor& who) = 0;
  /// What the gateway runs with now.
  virtual void runs_with(std::shared_ptr<const settings::grid_config> grid) = 0;
  /// TLS by these files from now on, which are read again; blocks. Whether the certificate is another one; errors as
  /// porter::use, and nothing has changed.
  virtual result<bool> use_tls(const tls::node_files& files) = 0;
  /// The grid file as it is now; blocks. errc::configuration where there is none, or it is wrong.
  virtual result<settings::grid_config> read_again() = 0;
};

} // namespace truckee::actors
