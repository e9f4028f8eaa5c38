#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/base/address.hpp"
#include "truckee/base/result.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/storage/disk_store.hpp"
#include "truckee/tls/node_files.hpp"

#include <memory>
#include <optional>

namespace truckee::actors {

struct node_options {
  std::optional<tls::node_files> tls;
  logs::log_ptr log = {};           ///< empty: nothing is logged
  std::size_t compute_threads = 0;  ///< 0: as many as there are processors
  std::size_t blocking_threads = 8; ///< for fsync and probes; they mostly wait
};

/// One process's actor system and everything actors take from outside. Stops in order: actors, then threads,
/// then CAF.
class node {
public:
  /// errc::configuration where the TLS files would make CAF end the process.
  static result<std::unique_ptr<node>> start(const node_options& options);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  caf::actor_system& system() { return *system_; }
  /// What any actor of the process takes from outside; a client adds its own.
  const services_ptr& shared() const { return services_; }
  const std::shared_ptr<metrics::recorder>& recorder() const { return services_->metrics; }
  const logs::log_ptr& log() const { return services_->log; }
  const std::optional<tls::node_files>& tls() const { return tls_; }

  /// Ends this actor when the node ends.
  void own(caf::strong_actor_ptr actor) { owned_.push_back(std::move(actor)); }

  /// Whether this node may listen there: errc::refused, with what to do, where the address is not loopback
  /// and there is no TLS.
  result<void> may_listen(const address& where) const;

  /// Publishes an actor at an address. Refused (errc::refused) where the address is not loopback and there is
  /// no TLS: CAF's protocol is for trusted peers. `address.port` 0 takes any; the real address is returned.
  /// `what` is for the log: "storage", "gateway".
  template <class Handle>
  result<address> listen(const Handle& actor, const address& where, std::string_view what) {
    if (auto allowed = may_listen(where); !allowed)
      return tl::unexpected(allowed.error());
    auto port = messages::publish(actor, tls_.has_value(), where.port, where.host.c_str());
    if (!port)
      return fail(errc::configuration, "cannot listen on " + to_string(where) + ": " +
                                           messages::describe(port.error(), *system_) +
                                           "; is the port taken, or the address not this machine's?");
    logs::say(
        log(), logs::events::listening,
        {{"what", what}, {"address", to_string(address{where.host, *port})}, {"tls", tls_.has_value()}});
    return address{where.host, *port};
  }

private:
  explicit node(const node_options& options);

  std::optional<tls::node_files> tls_;
  messages::system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<worker_pool> compute_;
  std::shared_ptr<worker_pool> blocking_;
  services_ptr services_;
  std::vector<caf::strong_actor_ptr> owned_;
};

/// The program's version, e.g. "0.1.0".
std::string_view truckee_version();
/// CAF's, e.g. "0.17.6".
std::string caf_version();

} // namespace truckee::actors
