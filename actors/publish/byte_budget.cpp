#include "truckee/actors/publish/byte_budget.hpp"

#include "truckee/actors/publish/fair_queue.hpp"

#include <algorithm>
#include <map>

namespace truckee::actors {

namespace {

using namespace messages;

/// Holds one grant for everyone who was given room, until it is given back or its holder ends, and one entry for
/// everyone who waits. Whoever has neither is not watched any more.
class byte_budget_state {
public:
  using handle = extended<byte_budget, void(stop)>;
  static constexpr const char* name = "truckee.byte_budget";
  static constexpr bool stays = true;

  byte_budget_state(shell<byte_budget_state>* self, services_ptr services, std::uint64_t bytes)
    : self_(self), services_(std::move(services)), bytes_(bytes) {}

  behavior<handle> make_behavior() {
    services_->metrics->in_flight_budget_is(bytes_);
    return {
        [this](const take_bytes& x) { return take(x); },
        [this](const give_bytes_back& x) { give_back(x.grant); },
        [this](const allow_bytes& x) {
          bytes_ = x.bytes;
          services_->metrics->in_flight_budget_is(bytes_);
          hand_out();
        },
        [this](const stop&) { self_->quit(); },
    };
  }

  /// Whoever ends without giving back is not there to do so any more.
  void on_down(const caf::actor_addr& who) {
    waiting_.erase_if([&](const request_waiting& x) { return same_actor(x.who, who); });
    for (auto at = granted_.begin(); at != granted_.end();)
      if (same_actor(at->second.who, who)) {
        release(at->second.bytes);
        at = granted_.erase(at);
      } else {
        ++at;
      }
    hand_out();
  }

private:
  struct request_waiting {
    std::uint64_t bytes;
    caf::actor_addr who;
    caf::typed_response_promise<bytes_taken> promise;
    std::uint64_t operation = 0;
    std::optional<std::chrono::steady_clock::time_point> since = {}; ///< when it had to wait
  };
  struct grant {
    std::uint64_t bytes;
    caf::actor_addr who;
  };

  caf::result<bytes_taken> take(const take_bytes& x) {
    const auto sender = self_->current_sender(); // before the promise, which takes it away
    auto promise = self_->template make_response_promise<bytes_taken>();
    if (sender)
      self_->watch(caf::actor_cast<caf::actor>(sender));
    const auto who = sender ? caf::actor_cast<caf::actor_addr>(sender) : caf::actor_addr{};
    if (waiting_.empty() && has_room(x.bytes)) {
      grant_to({x.bytes, who, promise, x.operation, {}});
      return promise;
    }
    waiting_.push(x.caller, {x.bytes, who, promise, x.operation, services_->time->now()});
    logs::say(services_->log, logs::events::budget_wait,
              {{"operation", x.operation}, {"bytes", x.bytes}, {"used", used_}, {"budget", bytes_}});
    return promise;
  }

  bool has_room(std::uint64_t bytes) const { return granted_.empty() || used_ + bytes <= bytes_; }

  void hand_out() {
    while (!waiting_.empty() && has_room(waiting_.front().bytes))
      grant_to(waiting_.pop());
  }

  void grant_to(request_waiting next) {
    used_ += next.bytes;
    if (next.since)
      logs::say(services_->log, logs::events::budget_granted,
                {{"operation", next.operation},
                 {"bytes", next.bytes},
                 {"seconds", services_->time->seconds_since(*next.since)}});
    granted_.emplace(++last_, grant{next.bytes, next.who});
    next.promise.deliver(bytes_taken{last_});
  }

  void give_back(std::uint64_t id) {
    const auto at = granted_.find(id);
    if (at == granted_.end())
      return;
    const auto who = at->second.who;
    release(at->second.bytes);
    granted_.erase(at);
    stop_watching(who);
    hand_out();
  }

  void stop_watching(const caf::actor_addr& who) {
    const bool has =
        std::ranges::any_of(granted_, [&](const auto& x) { return same_actor(x.second.who, who); });
    const bool waits = waiting_.any_of([&](const auto& x) { return same_actor(x.who, who); });
    if (!has && !waits)
      self_->unwatch(who);
  }

  void release(std::uint64_t bytes) { used_ -= bytes; }

  shell<byte_budget_state>* self_;
  services_ptr services_;
  std::uint64_t bytes_;
  std::uint64_t used_ = 0;
  std::uint64_t last_ = 0;
  fair_queue<std::uint64_t, request_waiting> waiting_; ///< by caller
  std::map<std::uint64_t, grant> granted_;
};

} // namespace

messages::byte_budget spawn_byte_budget(caf::actor_system& system, services_ptr services,
                                        std::uint64_t bytes) {
  return messages::spawn<byte_budget_state>(system, std::move(services), bytes);
}

} // namespace truckee::actors
