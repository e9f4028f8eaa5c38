#pragma once

/// Actors and what they do: send, ask, be told later, watch one another, end.

#include "truckee/base/result.hpp"
#include "truckee/messages/caf/protocol.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/mailbox_element.hpp>
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
#endif

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

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

/// Sends to the actor itself, later.
template <class Self, class Message>
void send_later(Self* self, duration delay, Message&& message) {
  const auto me = caf::actor_cast<typename Self::handle_type>(self->ctrl());
#if TRUCKEE_CAF_1
  self->mail(std::forward<Message>(message)).delay(delay).send(me);
#else
  self->delayed_send(me, delay, std::forward<Message>(message));
#endif
}

/// Asks `to`; exactly one of the two callbacks runs, `otherwise` with a CAF error when the time is up or `to`
/// is gone.
template <class Self, class Handle, class Message, class Then, class Otherwise>
void request(Self* self, const Handle& to, duration timeout, Message&& message, Then then,
             Otherwise otherwise) {
#if TRUCKEE_CAF_1
  self->mail(std::forward<Message>(message)).request(to, timeout).then(std::move(then), std::move(otherwise));
#else
  self->request(to, timeout, std::forward<Message>(message)).then(std::move(then), std::move(otherwise));
#endif
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

/// The shell around a state class. State has `using handle = protocol<...>`, `static constexpr const char*
/// name`, a constructor (shell<State>*, args...), `behavior make_behavior()`, and may have `void
/// on_down(const caf::actor_addr&)`. The state is destroyed when the actor ends, which breaks cycles of
/// handles. An argument with a `house` is where the actor lives (household.hpp). With `static constexpr bool
/// stays = true` no exit message ends the actor, not even `kill`: whoever has its handle could send one, from
/// another node as well. It then ends itself, by its state's quit() only.
template <class State>
class shell final : public State::handle::base {
public:
  using handle_type = typename State::handle;
  using base_type = typename State::handle::base;
  using behavior_type = behavior<handle_type>;

  template <class... Args>
  explicit shell(caf::actor_config& config, Args&&... args) : base_type(config) {
    (join(args), ...);
    state_ = std::make_unique<State>(this, std::forward<Args>(args)...);
    // CAF's own handler prints what a peer sent.
    caf::scheduled_actor::default_handler drop{caf::drop};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    this->set_default_handler(std::move(drop));
#pragma GCC diagnostic pop
#if !TRUCKEE_CAF_1
    if constexpr (requires(State & s, const caf::actor_addr& a) { s.on_down(a); })
      this->set_down_handler([this](const caf::down_msg& down) { state_->on_down(down.source); });
#endif
  }

  const char* name() const override {
    return State::name;
  }
  State& state() {
    return *state_;
  }
  void on_exit() override {
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

  /// Calls state.on_down(address) when `who` ends, or its node goes.
  template <class Handle>
  void watch(const Handle& who) {
#if TRUCKEE_CAF_1
    this->monitor(who, [this, address = who.address()](const caf::error&) { state_->on_down(address); });
#else
    this->monitor(who);
#endif
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

  std::unique_ptr<State> state_;
};

/// Starts an actor with the given state class below `parent` (an actor_system or an actor).
template <class State, caf::spawn_options Options = caf::no_spawn_options, class Parent, class... Args>
typename State::handle spawn(Parent& parent, Args&&... args) {
  return caf::actor_cast<typename State::handle>(
      parent.template spawn<shell<State>, Options>(std::forward<Args>(args)...));
}

/// Whether two addresses mean one actor; 0.17's own operators do not compile as C++20.
inline bool same_actor(const caf::actor_addr& a, const caf::actor_addr& b) {
  return a.compare(b) == 0;
}

} // namespace truckee::messages
