#pragma once

/// Actors: what is around a state class. They watch one another, and leave nothing behind when they end.

#include "truckee/messages/caf/send.hpp"
#include "truckee/messages/caf/timed.hpp"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/behavior.hpp>
#include <caf/exit_reason.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/spawn_options.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace truckee::messages {

/// Whether two addresses mean one actor; 0.17's own operators do not compile as C++20.
inline bool same_actor(const caf::actor_addr& a, const caf::actor_addr& b) {
  return a.compare(b) == 0;
}

/// The shell around a state class. State has `using handle = protocol<...>`, `static constexpr const char*
/// name`, a constructor (shell<State>*, args...), `behavior make_behavior()`, and may have `void
/// on_down(const caf::actor_addr&)`. The state is destroyed when the actor ends, which breaks cycles of
/// handles; so are its timers, its deadlines and its watches on others: what ends leaves nothing behind. An
/// argument with a `house` is where the actor lives (household.hpp). With `static constexpr bool stays = true` no
/// exit message ends the actor, not even `kill`, and no error that answers nothing: whoever has its handle could send
/// one, from another node as well. It then ends itself, by its state's quit() only.
template <class State>
class shell final : public timed<typename State::handle::base> {
public:
  using handle_type = typename State::handle;
  using base_type = timed<typename State::handle::base>;
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
    this->forget_timers();
    for (const auto& each : std::exchange(watched_, {}))
      take_watch_back(each.who);
    state_.reset();
    for (const auto& tell : std::exchange(when_gone_, {}))
      tell();
  }

#if TRUCKEE_CAF_1
  bool enqueue(caf::mailbox_element_ptr what, caf::scheduler* where) override {
    return (stays && would_end(*what)) || base_type::enqueue(std::move(what), where);
  }
#else
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* where) override {
    if (!stays || !would_end(*what))
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
        when_gone(what->house->joins(*this));
  }

  /// Runs `tell` when the actor has ended and its state is destroyed.
  void when_gone(std::function<void()> tell) {
#if TRUCKEE_CAF_1
    when_gone_.push_back(std::move(tell)); // functors run before on_exit()
#else
    this->attach_functor(std::move(tell)); // on_exit() runs before functors
#endif
  }

  static bool would_end(caf::mailbox_element& what) {
#if TRUCKEE_CAF_1
    const auto& said = what.payload;
#else
    const auto& said = what.content();
#endif
    return said.template match_elements<caf::exit_msg>() ||
           (!what.mid.is_response() && said.template match_elements<caf::error>());
  }

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

  std::unique_ptr<State> state_;
  std::vector<watched> watched_;
  std::vector<std::function<void()>> when_gone_ = {};
};

/// Starts an actor with the given state class below `parent` (an actor_system or an actor).
template <class State, caf::spawn_options Options = caf::no_spawn_options, class Parent, class... Args>
typename State::handle spawn(Parent& parent, Args&&... args) {
  return caf::actor_cast<typename State::handle>(
      parent.template spawn<shell<State>, Options>(std::forward<Args>(args)...));
}

} // namespace truckee::messages
