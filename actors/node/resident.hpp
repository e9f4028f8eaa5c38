#pragma once

#include "truckee/actors/node/supervisor.hpp"
#include "truckee/actors/node/surroundings.hpp"
#include "truckee/base/address.hpp"
#include "truckee/base/counted_executor.hpp"
#include "truckee/messages/caf/passages.hpp"
#include "truckee/tls/node_files.hpp"

#include <future>
#include <mutex>

namespace truckee::actors {

/// What a client and a store have in common: actors in a system that may be a host's, what they take from
/// outside, and their end. Ends nothing that it did not start.
class resident {
public:
  /// Services and a household for actors of `system`, and a porter where it has a network. errc::configuration where
  /// the metrics' labels are wrong; errc::io where there are no threads.
  static result<std::unique_ptr<resident>> make(caf::actor_system& system, const surroundings& around,
                                                const thread_limits& threads, messages::duration patience);
  /// Stops, with the patience it was made with, and waits until nothing of it is left. Not from an actor.
  ~resident();
  resident(const resident&) = delete;
  resident& operator=(const resident&) = delete;

  caf::actor_system& system() const { return system_; }
  const services_ptr& shared() const { return services_; }
  const supervisor& watcher() const { return supervisor_; }

  /// Runs `start` here, and supervises what it started. `at_end` runs when all of that is gone, while there still is a
  /// network.
  result<void> run(supervisor_options options, std::function<void()> at_end);

  void stop(std::chrono::milliseconds patience, std::function<void()> done);

  /// The porter, empty where there is none; whoever takes it stops it. For one whose system ends next: that closes its
  /// ends, and the porter need not guess when all was said.
  std::shared_ptr<doors::porter> take_porter();

private:
  resident(caf::actor_system& system, messages::duration patience) : system_(system), patience_(patience) {}

  caf::actor_system& system_;
  messages::duration patience_;
  std::shared_ptr<counted_executor> compute_;
  std::shared_ptr<counted_executor> blocking_;
  services_ptr services_;
  bool porter_taken_ = false;
  std::function<void()> at_end_;
  supervisor supervisor_;
  std::shared_future<void> ended_;
};

/// Whether the system has what connects it to others; errc::configuration, with what to load.
result<void> has_network(caf::actor_system& system);
/// TLS by these files from now on, also where others were given before; metrics tell when the certificate ends. Whether
/// it is another one than before; errors as porter::use.
result<bool> use_tls(const services& s, const tls::node_files& files);

/// The ports at which a front can be reached, and its handle, which changes with a restart. Safe from several
/// threads.
template <class Front>
class front_door {
public:
  Front front() const {
    const std::lock_guard lock(mutex_);
    return front_;
  }

  /// Publishes the present front. `kind` is for the log.
  result<address> open(caf::actor_system& system, const services& s, const doors::door& what,
                       std::string_view kind) {
    if (auto able = has_network(system); !able)
      return fail(able.error().code, "cannot listen on " + to_string(what.at) + ": " + able.error().detail);
    const std::lock_guard lock(mutex_);
    if (!front_)
      return fail(errc::unreachable, std::string(kind) + " is being started again; try later");
    auto made = messages::publish_at(*s.porter, what, front_);
    if (!made)
      return tl::unexpected(made.error());
    porter_ = s.porter;
    ports_.push_back({what, *made});
    ports_.back().what.at = made->at; // the same one after a restart
    logs::say(s.log, logs::events::listening,
              {{"what", kind}, {"address", to_string(made->at)}, {"tls", what.tls.has_value()}});
    return made->at;
  }

  /// Another front behind the same doors; the first error where one cannot be opened again.
  result<void> replace(caf::actor_system& system, const Front& front) {
    const std::lock_guard lock(mutex_);
    front_ = front;
    for (auto& each : ports_) {
      messages::unpublish_at(system, *porter_, each.now, address_of(left_));
      auto again = messages::publish_at(*porter_, each.what, front_);
      if (!again)
        return tl::unexpected(again.error());
      each.now = *again;
    }
    return {};
  }

  /// Nobody is behind the doors for now.
  void leave() {
    const std::lock_guard lock(mutex_);
    if (front_)
      left_ = std::exchange(front_, Front{});
  }

  /// Closes them for good.
  void close(caf::actor_system& system) {
    const std::lock_guard lock(mutex_);
    for (const auto& each : std::exchange(ports_, {}))
      messages::unpublish_at(system, *porter_, each.now, address_of(front_ ? front_ : left_));
    front_ = left_ = Front{};
    porter_.reset();
  }

private:
  static caf::actor_addr address_of(const Front& x) { return x ? x.address() : caf::actor_addr{}; }

  struct port {
    doors::door what;
    messages::published_door now;
  };
  mutable std::mutex mutex_;
  Front front_;
  Front left_; ///< the one before
  std::shared_ptr<doors::porter> porter_;
  std::vector<port> ports_;
};

} // namespace truckee::actors
