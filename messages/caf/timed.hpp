#pragma once

#include "truckee/base/deadline_queue.hpp"
#include "truckee/messages/caf/protocol.hpp"

#include <caf/behavior.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>
#if TRUCKEE_CAF_1
#include <caf/disposable.hpp>
#endif

#include <algorithm>
#include <functional>
#include <optional>
#include <variant>

namespace truckee::messages {

/// An actor class with timers of its own: CAF 0.17 can take none back and keeps the actor with each until it is due. What is
/// cancelled is gone at once, and all of it with the actor. docs/decisions.md says what it cost.
template <class Base>
class timed : public Base {
public:
  using Base::Base;

  /// Names what will run later, for cancel(). A default one names nothing.
  using timer = deadline_ticket;

  /// Runs `what` in the actor, `delay` from now, unless it is cancelled or the actor ends before.
  timer after(duration delay, std::function<void()> what) { return add_due(delay, std::move(what)); }

  /// What the timer was to run never runs, and is destroyed. Nothing where it ran already.
  void cancel(const timer& which) { due_.take(which); }

  /// For request(): an answer to the last request sent that is not there in time is an error, as from CAF.
  timer last_request_ends_in(duration timeout) {
    return add_due(timeout, this->last_request_id_.response_id());
  }

protected:
  /// The actor ends: nothing runs any more.
  void forget_timers() {
    due_.clear();
    disarm();
  }

private:
  using due = std::variant<std::function<void()>, caf::message_id>;
  using time_point = typename deadline_queue<due>::time_point;

  timer add_due(duration delay, due what) {
    const auto at = this->clock().now() + std::max(delay, duration(0));
    const auto out = due_.add(at, std::move(what));
    if (!armed_ || at < armed_->at)
      arm(at);
    return out;
  }

  /// CAF's clock holds one entry for each actor, for its earliest deadline. It stays where that is cancelled:
  /// most deadlines are, and the next one comes soon.
  void arm(time_point at) {
    disarm();
#if TRUCKEE_CAF_1
    armed_ = armed{at, this->run_delayed_weak(at - this->clock().now(), [this] { on_time(); })};
#else
    // A request to nobody: of all that 0.17's clock keeps for an actor, only its request timeouts go when they
    // are cancelled, or when the actor ends.
    const auto id = this->new_request_id(caf::message_priority::normal).response_id();
    this->add_multiplexed_response_handler(id, caf::behavior{[this](const caf::error&) { on_time(); }});
    this->clock().set_request_timeout(at, this, id);
    armed_ = armed{at, id};
#endif
  }

  void disarm() {
    if (!armed_)
      return;
#if TRUCKEE_CAF_1
    armed_->entry.dispose();
#else
    this->clock().cancel_request_timeout(this, armed_->entry);
    if (const auto at = this->multiplexed_responses_.find(armed_->entry);
        at != this->multiplexed_responses_.end())
      this->multiplexed_responses_.erase(at);
#endif
    armed_.reset();
  }

  void on_time() {
    armed_.reset();
    const auto now = this->clock().now();
    while (this->alive()) {
      auto next = due_.take_due(now);
      if (!next)
        break;
      if (auto* what = std::get_if<std::function<void()>>(&*next))
        (*what)();
      else
        time_is_up(std::get<caf::message_id>(*next));
    }
    if (const auto at = due_.next(); at && this->alive() && (!armed_ || *at < armed_->at))
      arm(*at);
  }

  /// Answers a request of our own with an error; CAF drops the answer that may come after it.
  void time_is_up(caf::message_id request) {
#if TRUCKEE_CAF_1
    this->enqueue(caf::make_mailbox_element(nullptr, request, caf::make_error(caf::sec::request_timeout)),
                  this->context());
#else
    this->eq_impl(request, nullptr, this->context(), caf::make_error(caf::sec::request_timeout));
#endif
  }

  /// What CAF's clock was told.
  struct armed {
    time_point at;
#if TRUCKEE_CAF_1
    caf::disposable entry;
#else
    caf::message_id entry;
#endif
  };

  deadline_queue<due> due_;
  std::optional<armed> armed_;
};

} // namespace truckee::messages
