#pragma once

#include "truckee/actors/node/supervisor.hpp"
#include "truckee/actors/node/surroundings.hpp"
#include "truckee/base/address.hpp"
#include "truckee/base/counted_executor.hpp"
#include "truckee/messages/caf/network.hpp"
#include "truckee/tls/node_files.hpp"

#include <future>
#include <mutex>

namespace truckee::actors {

/// What a client and a store have in common: actors in a system that may be a host's, what they take from
/// outside, and their end. Ends nothing that it did not start.
class resident {
public:
  /// Services and a household for actors of `system`. errc::configuration where the metrics' labels are wrong;
  /// errc::io where there are no threads.
  static result<std::unique_ptr<resident>> make(caf::actor_system& system, const surroundings& around,
                                                const thread_limits& threads, messages::duration patience);
  /// Stops, with the patience it was made with, and waits until nothing of it is left. Not from an actor.
  ~resident();
  resident(const resident&) = delete;
  resident& operator=(const resident&) = delete;

  caf::actor_system& system() const { return system_; }
  const services_ptr& shared() const { return services_; }
  const supervisor& watcher() const { return supervisor_; }

  /// Runs `start` here, and supervises what it started.
  result<void> run(supervisor_options options);

  void stop(std::chrono::milliseconds patience, std::function<void()> done);

private:
  resident(caf::actor_system& system, messages::duration patience) : system_(system), patience_(patience) {}

  caf::actor_system& system_;
  messages::duration patience_;
  std::shared_ptr<counted_executor> compute_;
  std::shared_ptr<counted_executor> blocking_;
  services_ptr services_;
  supervisor supervisor_;
  std::shared_future<void> ended_;
};

/// Whether actors of that system may be reached at `where`: errc::refused, with what to do, where it is not
/// loopback and there is no TLS; errc::configuration where the system cannot.
result<void> may_listen(caf::actor_system& system, const address& where, bool tls);

/// Whether the system's own TLS identity, of which CAF has one a system, is `wanted`; errc::configuration.
result<void> has_identity(caf::actor_system& system, const tls::node_files& wanted);

/// The ports at which a front can be reached, and its handle, which changes with a restart. Safe from several
/// threads.
template <class Front>
class front_door {
public:
  Front front() const {
    const std::lock_guard lock(mutex_);
    return front_;
  }

  /// Publishes the present front. `what` is for the log.
  result<address> open(caf::actor_system& system, const address& where, bool tls, const logs::log_ptr& log,
                       std::string_view what) {
    if (auto allowed = may_listen(system, where, tls); !allowed)
      return tl::unexpected(allowed.error());
    const std::lock_guard lock(mutex_);
    if (!front_)
      return fail(errc::unreachable, std::string(what) + " is being started again; try later");
    auto port = messages::publish(front_, tls, where.port, where.host.c_str());
    if (!port)
      return fail(errc::configuration, "cannot listen on " + to_string(where) + ": " +
                                           messages::describe(port.error(), system) +
                                           "; is the port taken, or the address not this machine's?");
    const address at{where.host, *port};
    doors_.push_back({at, tls});
    logs::say(log, logs::events::listening, {{"what", what}, {"address", to_string(at)}, {"tls", tls}});
    return at;
  }

  /// Another front behind the same doors; the first error where one cannot be opened again.
  result<void> replace(caf::actor_system& system, const Front& front) {
    const std::lock_guard lock(mutex_);
    front_ = front;
    for (const auto& [at, tls] : doors_) {
      messages::unpublish(system, left_, tls, at.port);
      if (const auto port = messages::publish(front_, tls, at.port, at.host.c_str()); !port)
        return fail(errc::io, "cannot listen on " + to_string(at) +
                                  " again: " + messages::describe(port.error(), system));
    }
    return {};
  }

  /// Nobody is behind the doors for now.
  void leave() {
    const std::lock_guard lock(mutex_);
    left_ = std::exchange(front_, Front{});
  }

private:
  struct door {
    address at;
    bool tls;
  };
  mutable std::mutex mutex_;
  Front front_;
  Front left_; ///< the one before
  std::vector<door> doors_;
};

} // namespace truckee::actors
