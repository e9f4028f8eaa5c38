#pragma once

#include "truckee/actors/node/surroundings.hpp"
#include "truckee/actors/server/storage_server.hpp"
#include "truckee/base/address.hpp"
#include "truckee/base/secret_text.hpp"
#include "truckee/storage/disk_store.hpp"
#include "truckee/tls/node_files.hpp"

namespace truckee {

/// What a store is started with.
struct store_options {
  storage::disk_store_options disk = {};
  std::string name = "store"; ///< the label in metrics and the log
  storage::expiry_settings expiry = {};
  /// Called after each look for expired shares, in a thread of CAF's.
  std::function<void(const storage::expiry_report&)> report = [](const auto&) {};
  actors::storage_server_limits limits = {};
  /// Nothing: reached in plain text, at loopback addresses only. Each store of a system may have its own.
  std::optional<tls::node_files> tls = {};
  /// serve_tahoe() will be called: a new store takes its id from the certificate that Tahoe-LAFS's clients will see.
  bool for_tahoe = false;
  thread_limits threads = {.compute = 1};
};

/// Where Tahoe-LAFS's clients find a store.
struct tahoe_door {
  address at;                      ///< the real port if 0 was asked for
  secret_text nurl;                ///< what clients are given; entitles to use the store
  server_id id;                    ///< the tub id: what write enablers and lease secrets are computed with
  std::filesystem::path nurl_file; ///< one line
};

/// One share store in an actor system that may be a host's. Ends its own actors and nothing else.
class store {
public:
  /// Never throws; blocks while the store is opened. The system must outlive the store.
  static result<store> spawn(caf::actor_system& system, store_options options,
                             surroundings around = {}) noexcept;
  /// Stops and waits until nothing of it is left. Never in an actor.
  ~store();
  store(store&&) noexcept;
  store& operator=(store&&) noexcept;

  /// Changes if it ended and was started again; empty while there is none.
  messages::storage_server server() const;
  /// Monitor this: it ends last, when nothing else of the store is left in the system.
  caf::actor supervisor() const;
  /// Lets clients reach it; as client::publish.
  result<address> publish(const address& where, bool any_user = false);
  /// Lets clients of Tahoe-LAFS reach it over HTTPS, beside whoever comes by publish(): both go through the same actor. Only with
  /// for_tahoe, and once. Blocks, for a few tenths of a second where key and certificate are made. Errors: configuration (nobody can
  /// listen there, or the files in the store make no sense), io.
  result<tahoe_door> serve_tahoe(const address& where);
  /// Goes on with other settings, also when it has to be started again. A look for expired shares that is under way
  /// ends, and the next one begins as after a start. Any thread but an actor's.
  void use(const storage::store_settings& settings, const storage::expiry_settings& expiry);
  /// TLS by these files from now on, which are read again; connections that stand go on. Whether the certificate is
  /// another one; errc::configuration names the file that is wrong, and nothing has changed.
  result<bool> use_tls(const tls::node_files& files);
  void stop(std::function<void()> done = {});

  const std::shared_ptr<metrics::recorder>& metrics() const;
  caf::actor_system& system() const;
  /// Makes its connections and opens its ports; empty where the system has no network.
  const std::shared_ptr<doors::porter>& porter() const;

private:
  struct state;
  explicit store(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace truckee

namespace truckee::actors {

/// Opens a store; blocks.
result<std::shared_ptr<storage::share_store>> open_store(const services_ptr& shared,
                                                         const store_options& options);
/// A store that has nothing and keeps nothing: what stands in for one that is not there, for who only reads.
std::shared_ptr<storage::share_store> empty_store(const services_ptr& shared);
/// The disks of one process's stores, whose syncs are counted.
std::shared_ptr<storage::group_commits> disks_of(const services_ptr& shared);
/// Starts the actor of an open store. Stores with the same `groups` reach a disk that they share together.
messages::storage_server start_store(caf::actor_system& system, const services_ptr& shared,
                                     std::shared_ptr<storage::share_store> opened,
                                     const store_options& options,
                                     const std::shared_ptr<storage::group_commits>& groups);

} // namespace truckee::actors
