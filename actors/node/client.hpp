#pragma once

#include "truckee/actors/gateway/file_gateway.hpp"
#include "truckee/actors/links/server_link.hpp"
#include "truckee/actors/node/surroundings.hpp"
#include "truckee/actors/server/storage_server.hpp"
#include "truckee/base/address.hpp"
#include "truckee/settings/grid_file.hpp"
#include "truckee/storage/disk_store.hpp"

#include <filesystem>
#include <functional>

namespace truckee {

/// What a client is started with; every member may stay as it is.
struct client_options {
  /// Servers, spread, limits and TLS, as a grid file says. Each client of a system may have its own.
  settings::grid_config grid = {};
  /// Read by spawn, in place of `grid`; and again when a node that may change the gateway asks for it.
  std::filesystem::path grid_file = {};
  /// Where the lease secret is kept unless the grid file names a file; made when absent.
  std::filesystem::path data_home = {};
  /// Whether it only ever reads. Then nothing is made for it: a folder of an embedded server that is not there is an empty
  /// server, and where there is no lease secret it has none that is kept.
  bool only_reads = false;
  storage::durability durability = storage::durability::full; ///< of embedded servers
  std::uint32_t keys_ready = 0; ///< fresh RSA keys; the grid file's setting wins
  /// Memory of ended publishes kept for the next ones: fresh pages cost more than filling them. Enough for
  /// the shares of 16 MiB at 3-of-10, twice.
  std::size_t kept_buffer_bytes_max = std::size_t{128} << 20;
  thread_limits threads = {};
  actors::gateway_limits gateway = {};
  actors::link_limits link = {};              ///< the grid file's connect timeout wins
  actors::storage_server_limits storage = {}; ///< of embedded servers
  /// Reads the configuration again, where that is more than reading `grid_file`; may block. Without either, a node
  /// that asks for it is refused.
  std::function<result<settings::grid_config>()> read_grid = {};
  /// What the destructor gives running operations to end well.
  std::chrono::milliseconds patience = std::chrono::minutes(1);
};

/// Adds the group "truckee" to a host's configuration: its file, its command line, its --help. `options` get the
/// values when the configuration is parsed; they stay where they are as long as it lives.
void add_options(caf::actor_system_config& config, client_options& options);

/// A client in an actor system that may be a host's: links to every configured server (embedded ones run
/// inside), and the gateway in front of them. Its actors are its own; it ends them and nothing else. See
/// docs/embedding.md.
class client {
public:
  /// Never throws. The system must have caf::io::middleman where there are remote servers, or others shall reach the
  /// gateway; TLS is Truckee's own. It must outlive the client. Blocks while embedded stores are opened.
  static result<client> spawn(caf::actor_system& system, client_options options,
                              surroundings around = {}) noexcept;
  /// Stops, with the options' patience, and waits until nothing of it is left. Never in an actor.
  ~client();
  client(client&&) noexcept;
  client& operator=(client&&) noexcept;

  /// The actor that takes requests: messages::request(self, client.gateway(), ...). No exit message ends it.
  /// Should it end all the same, its callers are answered and another one takes its place: monitor it, and ask
  /// again here. Empty while there is none.
  messages::file_gateway gateway() const;
  /// Monitor this: it ends last, when nothing else of the client is left in the system.
  caf::actor supervisor() const;

  /// Asks the gateway and waits, in a thread that may block; never in an actor. An operation ends by its own
  /// deadlines; the reply says how. Safe from several threads.
  messages::publish_reply ask(messages::publish_request request);
  messages::retrieve_reply ask(messages::retrieve_request request);
  messages::check_reply ask(messages::check_request request);

  /// Takes on what a running client can of another configuration (settings/grid_changes.hpp says what); what runs ends
  /// as it began. `refused` says why nothing was taken on. In a thread that may block; never in an actor. Other nodes
  /// ask for the same by messages::change_request.
  messages::grid_in_use use(const settings::grid_config& wanted);

  /// Lets other nodes reach the gateway at `where`, with mutual TLS where the grid has it. errc::refused where
  /// the address is not loopback and there is none: whoever reaches it could do all. Port 0 takes any; the
  /// real address is returned. Without TLS only processes of this one's user and root come in, unless `any_user`. A
  /// gateway that is started again is reached there as well.
  result<address> publish(const address& where, bool any_user = false);

  /// Asks running operations to end well and waits, at most so long, then breaks them off: their callers are
  /// answered. Returns at once; `done` runs when no actor of the client is left, in a thread of CAF's.
  void stop(std::chrono::milliseconds patience, std::function<void()> done = {});

  /// Counts whatever it does.
  const std::shared_ptr<metrics::recorder>& metrics() const;
  caf::actor_system& system() const;
  /// Makes its connections and opens its ports; empty where the system has no network.
  const std::shared_ptr<doors::porter>& porter() const;

protected:
  /// For who ends the system next, and stops the porter after that: no pause at the end. Empty as porter() is.
  std::shared_ptr<doors::porter> take_porter();

private:
  struct state;
  explicit client(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace truckee
