#pragma once

/// Actors and what they do: send, ask, be told later, watch one another, end.

#include "truckee/base/deadline_queue.hpp"
#include "truckee/base/result.hpp"
#include "truckee/messages/caf/protocol.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/spawn_options.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#if TRUCKEE_CAF_1
#include <caf/anon_mail.hpp>
#include <caf/disposable.hpp>
#endif

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace truckee::messages {

// -- sending -----------------------------------------------------------------------------------------------

/// Sends from an actor, so that the receiver knows the sender.
template <class Self, class Handle, class Message>
void send(Self* self, const Handle& to, Message&& message) {
#if TRUCKEE_CAF_1
  self->mail(std::forward<Message>(message)).send(to);
#else
  self->send(to, std::forward<Message>(message));
#endif
}

/// Sends from outside any actor.
template <class Handle, class Message>
void send_anonymously(const Handle& to, Message&& message) {
#if TRUCKEE_CAF_1
  caf::anon_mail(std::forward<Message>(message)).send(to);
#else
  caf::anon_send(to, std::forward<Message>(message));
#endif
}

/// What a callable of one argument takes.
template <class F>
struct argument_of : argument_of<decltype(&F::operator())> {};
template <class F, class Out, class In>
struct argument_of<Out (F::*)(In)> : std::type_identity<std::remove_cvref_t<In>> {};
template <class F, class Out, class In>
struct argument_of<Out (F::*)(In) const> : std::type_identity<std::remove_cvref_t<In>> {};

/// Asks `to` from an actor; exactly one of the two callbacks runs, `otherwise` with a CAF error when the time is up
/// or `to` is gone, and none once the actor has ended. A shell (see below) has the deadline itself, and it goes with
/// the answer: CAF 0.17 keeps its own, and the actor with it, until it is due. Any other actor has CAF's.
template <class Self, class Handle, class Message, class Then, class Otherwise>
void request(Self* self, const Handle& to, duration timeout, Message&& message, Then then,
             Otherwise otherwise) {
  auto ask = [&](auto how_long) {
#if TRUCKEE_CAF_1
    return self->mail(std::forward<Message>(message)).request(to, how_long);
#else
    return self->request(to, how_long, std::forward<Message>(message));
#endif
  };
  if constexpr (requires { self->last_request_ends_in(timeout); }) {
    auto asked = ask(caf::infinite);
    const auto deadline = self->last_request_ends_in(timeout);
    std::move(asked).then(
        [self, deadline, then = std::move(then)](const typename argument_of<Then>::type& answer) mutable {
          self->cancel(deadline);
          then(answer);
        },
        [self, deadline, otherwise = std::move(otherwise)](const caf::error& e) mutable {
          self->cancel(deadline);
          otherwise(e);
        });
  } else {
    ask(timeout).then(std::move(then), std::move(otherwise));
  }
}

/// Runs a continuation in the actor itself, later; as self->after(), which also says what its timer is good for.
template <class Self, class Continuation>
deadline_ticket send_later(Self* self, duration delay, Continuation rest) {
  return self->after(delay, std::move(rest.run));
}

/// Asks from a thread that may block (a scoped actor). Returns nothing but calls one of the callbacks before
/// it returns.
template <class Handle, class Message, class Then, class Otherwise>
void request_blocking(caf::scoped_actor& self, const Handle& to, duration timeout, Message&& message,
                      Then then, Otherwise otherwise) {
#if TRUCKEE_CAF_1
  self->mail(std::forward<Message>(message))
      .request(to, timeout)
      .receive(std::move(then), std::move(otherwise));
#else
  self->request(to, timeout, std::forward<Message>(message)).receive(std::move(then), std::move(otherwise));
#endif
}

// -- errors ------------------------------------------------------------------------------------------------

/// Whether a request got no answer in its time.
inline bool is_timeout(const caf::error& e) {
#if TRUCKEE_CAF_1
  return e == caf::sec::request_timeout;
#else
  return e == caf::make_error(caf::sec::request_timeout);
#endif
}

/// Whether the other end could not read a request, or has no handler for it: another version, or a value that may not
/// be. CAF 1.1 says which, 0.17 hands its actor an empty message.
inline bool is_not_understood(const caf::error& e) {
#if TRUCKEE_CAF_1
  return e == caf::sec::unexpected_message || e == caf::sec::malformed_message;
#else
  return e == caf::make_error(caf::sec::unexpected_message);
#endif
}

/// CAF's own words for its error.
inline std::string describe(const caf::error& e, [[maybe_unused]] caf::actor_system& system) {
#if TRUCKEE_CAF_1
  return caf::to_string(e);
#else
  return system.render(e);
#endif
}

/// A request that failed in CAF's hands, as our own error: timeout, protocol where it was not understood, else internal.
inline error as_error(const caf::error& e, caf::actor_system& system) {
  if (is_not_understood(e))
    return {errc::protocol,
            "the other end did not understand the request: it is of another version, or a value in it "
            "is out of bounds"};
  return {is_timeout(e) ? errc::timeout : errc::internal, describe(e, system)};
}

// -- actors ------------------------------------------------------------------------------------------------

/// Whether two addresses mean one actor; 0.17's own operators do not compile as C++20.
inline bool same_actor(const caf::actor_addr& a, const caf::actor_addr& b) {
  return a.compare(b) == 0;
}

/// The shell around a state class. State has `using handle = protocol<...>`, `static constexpr const char*
/// name`, a constructor (shell<State>*, args...), `behavior make_behavior()`, and may have `void
/// on_down(const caf::actor_addr&)`. The state is destroyed when the actor ends, which breaks cycles of
/// handles; so are its timers, its deadlines and its watches on others: what ends leaves nothing behind. An
/// argument with a `house` is where the actor lives (household.hpp). With `static constexpr bool stays = true` no
/// exit message ends the actor, not even `kill`: whoever has its handle could send one, from another node as well.
/// It then ends itself, by its state's quit() only.
template <class State>
class shell final : public State::handle::base {
public:
  using handle_type = typename State::handle;
  using base_type = typename State::handle::base;
  using behavior_type = behavior<handle_type>;

  /// Names what will run later, for cancel(). A default one names nothing.
  using timer = deadline_ticket;

  template <class... Args>
  explicit shell(caf::actor_config& config, Args&&... args) : base_type(config) {
    (join(args), ...);
    state_ = std::make_unique<State>(this, std::forward<Args>(args)...);
    // CAF's own handler prints what a peer sent.
    caf::scheduled_actor::default_handler drop{caf::drop};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    this->set_default_handler(std::move(drop));
    this->set_down_handler([this](const caf::down_msg& down) { on_down(down.source); });
#pragma GCC diagnostic pop
  }

  const char* name() const override {
    return State::name;
  }
  State& state() {
    return *state_;
  }
  void on_exit() override {
    due_.clear();
    disarm();
    for (const auto& each : std::exchange(watched_, {}))
      take_watch_back(each.who);
    state_.reset();
  }

#if TRUCKEE_CAF_1
  bool enqueue(caf::mailbox_element_ptr what, caf::scheduler* where) override {
    if (stays && what->payload.template match_elements<caf::exit_msg>())
      return true;
    return base_type::enqueue(std::move(what), where);
  }
#else
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* where) override {
    if (!stays || !what->content().template match_elements<caf::exit_msg>())
      base_type::enqueue(std::move(what), where);
  }
#endif
  using base_type::enqueue;

  // -- watches

  /// Calls `then` once when `who` ends, or its node goes.
  template <class Handle>
  void watch(const Handle& who, std::function<void()> then) {
    watched_.push_back({who.address(), std::move(then)});
#if TRUCKEE_CAF_1
    caf::local_actor::do_monitor(caf::actor_cast<caf::abstract_actor*>(who), caf::message_priority::normal);
#else
    this->monitor(who);
#endif
  }

  /// The same for state.on_down(address).
  template <class Handle>
  void watch(const Handle& who) {
    watch(who, [this, address = who.address()] { state_->on_down(address); });
  }

  /// Takes a watch back. Whoever watches for less long than the watched lives must do so: the watched keeps a
  /// note of everyone who watches it. (What the actor still watches when it ends is taken back then.)
  void unwatch(const caf::actor_addr& who) {
    bool any = false;
    while (take_note(who))
      any = true;
    if (any)
      take_watch_back(who);
  }

  // -- time

  /// Runs `what` in the actor, `delay` from now, unless it is cancelled or the actor ends before.
  timer after(duration delay, std::function<void()> what) {
    return add_due(delay, std::move(what));
  }

  /// What the timer was to run never runs, and is destroyed. Nothing where it ran already.
  void cancel(const timer& which) {
    due_.take(which);
  }

  /// For request(): an answer to the last request sent that is not there in time is an error, as from CAF.
  timer last_request_ends_in(duration timeout) {
    return add_due(timeout, this->last_request_id_.response_id());
  }

protected:
  behavior_type make_behavior() override {
    return state_->make_behavior();
  }

private:
  static constexpr bool stays = requires {
    requires State::stays;
  };

  template <class Arg>
  void join(const Arg& what) {
    if constexpr (requires { what->house->joins(*this); })
      if (what->house)
        what->house->joins(*this);
  }

  using due = std::variant<std::function<void()>, caf::message_id>;
  using time_point = typename deadline_queue<due>::time_point;

  struct watched {
    caf::actor_addr who;
    std::function<void()> then;
  };

  /// What was to run when that one ends; empty where it is not watched.
  std::function<void()> take_note(const caf::actor_addr& who) {
    const auto at = std::find_if(watched_.begin(), watched_.end(),
                                 [&](const watched& x) { return same_actor(x.who, who); });
    if (at == watched_.end())
      return {};
    auto out = std::move(at->then);
    watched_.erase(at);
    return out;
  }

  void take_watch_back(const caf::actor_addr& who) {
#if TRUCKEE_CAF_1
    this->do_demonitor(caf::actor_cast<caf::strong_actor_ptr>(who));
#else
    this->demonitor(who);
#endif
  }

  void on_down(const caf::actor_addr& who) {
    // The news of one that was taken back meanwhile may be on its way still.
    if (const auto then = take_note(who); then && state_)
      then();
  }

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

  std::unique_ptr<State> state_;
  std::vector<watched> watched_;
  deadline_queue<due> due_;
  std::optional<armed> armed_;
};

/// Starts an actor with the given state class below `parent` (an actor_system or an actor).
template <class State, caf::spawn_options Options = caf::no_spawn_options, class Parent, class... Args>
typename State::handle spawn(Parent& parent, Args&&... args) {
  return caf::actor_cast<typename State::handle>(
      parent.template spawn<shell<State>, Options>(std::forward<Args>(args)...));
}

} // namespace truckee::messages
