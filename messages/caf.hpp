#pragma once

/// The one header that knows which generation of the C++ Actor Framework is underneath (0.17 or 1.1).
/// Everything else is written against the names in truckee::messages; a message is always exactly one struct.

#include "truckee/base/result.hpp"
#include "truckee/tls/node_files.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

// CAF_VERSION is an octal literal in 1.1, so only the major number can be asked.
#if CAF_MAJOR_VERSION >= 1
#define TRUCKEE_CAF_1 1
#else
#define TRUCKEE_CAF_1 0
#endif

namespace truckee::messages {

using duration = std::chrono::nanoseconds;

// -- protocols ---------------------------------------------------------------------------------------------

#if TRUCKEE_CAF_1

template <class Signature>
struct native_signature;
template <class Out, class In>
struct native_signature<Out(In)> {
  using type = caf::result<Out>(In);
};

#else

template <class Signature>
struct native_signature;
template <class Out, class In>
struct native_signature<Out(In)> {
  using type = typename caf::replies_to<In>::template with<Out>;
};
template <class In>
struct native_signature<void(In)> {
  using type = caf::reacts_to<In>;
};

#endif

/// A typed actor handle from plain function types: protocol<answer(question), void(notice)>.
template <class... Signatures>
using protocol = caf::typed_actor<typename native_signature<Signatures>::type...>;

/// A protocol with more messages, for what an actor hears only from its own process.
template <class Protocol, class... Signatures>
using extended = typename Protocol::template extend<typename native_signature<Signatures>::type...>;

/// What an actor of that protocol answers with. Not Protocol::behavior_type: CAF 1.1 has another one for a
/// protocol of one message.
template <class Protocol>
using behavior = typename Protocol::base::behavior_type;

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

inline bool is_timeout(const caf::error& e) {
#if TRUCKEE_CAF_1
  return e == caf::sec::request_timeout;
#else
  return e == caf::make_error(caf::sec::request_timeout);
#endif
}

inline std::string describe(const caf::error& e, [[maybe_unused]] caf::actor_system& system) {
#if TRUCKEE_CAF_1
  return caf::to_string(e);
#else
  return system.render(e);
#endif
}

/// A request that failed in CAF's hands, as our own error.
inline error as_error(const caf::error& e, caf::actor_system& system) {
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

// -- network -----------------------------------------------------------------------------------------------

/// What stands at the other end of a new connection: the published actor, and the signatures it claims.
struct connected_peer {
  caf::strong_actor_ptr actor;
  std::set<std::string> signatures;
};

/// Connects without blocking any thread of CAF's but the middleman's own; probe the port first, for a connect
/// that blocks holds up every other one. `then(connected_peer)` or `otherwise(caf::error)` runs in `self`.
template <class Self, class Then, class Otherwise>
void connect(Self* self, bool tls, std::string host, std::uint16_t port, duration timeout, Then then,
             Otherwise otherwise) {
  auto& system = self->system();
  const auto& middleman = tls ? system.openssl_manager().actor_handle() : system.middleman().actor_handle();
  auto on_peer = [then = std::move(then)](const caf::node_id&, const caf::strong_actor_ptr& actor,
                                          const std::set<std::string>& signatures) mutable {
    then(connected_peer{actor, signatures});
  };
#if TRUCKEE_CAF_1
  self->mail(caf::connect_atom_v, std::move(host), port)
      .request(middleman, timeout)
      .then(std::move(on_peer), std::move(otherwise));
#else
  self->request(middleman, timeout, caf::connect_atom::value, std::move(host), port)
      .then(std::move(on_peer), std::move(otherwise));
#endif
}

/// The same from a thread that may block. Nothing, and the reason in `why`, where no connection was made in
/// time.
inline std::optional<connected_peer> connect_blocking(caf::actor_system& system, bool tls, std::string host,
                                                      std::uint16_t port, duration timeout,
                                                      std::string& why) {
  const auto& middleman = tls ? system.openssl_manager().actor_handle() : system.middleman().actor_handle();
  caf::scoped_actor self(system);
  std::optional<connected_peer> out;
  auto on_peer = [&out](const caf::node_id&, const caf::strong_actor_ptr& actor,
                        const std::set<std::string>& signatures) {
    out = connected_peer{actor, signatures};
  };
  auto on_error = [&](const caf::error& e) { why = describe(e, system); };
#if TRUCKEE_CAF_1
  self->mail(caf::connect_atom_v, std::move(host), port)
      .request(middleman, timeout)
      .receive(on_peer, on_error);
#else
  self->request(middleman, timeout, caf::connect_atom::value, std::move(host), port)
      .receive(on_peer, on_error);
#endif
  return out;
}

/// The peer as an actor of protocol Handle; an empty handle if it does not speak all of it.
template <class Handle>
Handle as_protocol(caf::actor_system& system, const connected_peer& peer) {
#if TRUCKEE_CAF_1
  const auto wanted = system.message_types(caf::type_list<Handle>{});
#else
  const auto wanted = system.message_types(caf::detail::type_list<Handle>{});
#endif
  if (!peer.actor || !system.assignable(peer.signatures, wanted))
    return {};
  return caf::actor_cast<Handle>(peer.actor);
}

/// Opens a port for an actor; the port (chosen by the system for 0), or CAF's error.
template <class Handle>
caf::expected<std::uint16_t> publish(const Handle& actor, bool tls, std::uint16_t port, const char* address) {
  // SO_REUSEADDR: a restarted server gets its port back while old connections linger.
  if (tls)
    return caf::openssl::publish(actor, port, address, true);
  return actor->home_system().middleman().publish(actor, port, address, true);
}

/// Closes a port that was opened for an actor; nothing where it is closed already.
template <class Handle>
void unpublish(caf::actor_system& system, const Handle& actor, bool tls, std::uint16_t port) {
  if (!actor)
    return;
  const auto& middleman = tls ? system.openssl_manager().actor_handle() : system.middleman().actor_handle();
  caf::scoped_actor self(system);
#if TRUCKEE_CAF_1
  self->mail(caf::unpublish_atom_v, actor.address(), port)
      .request(middleman, caf::infinite)
      .receive([] {}, [](const caf::error&) {});
#else
  self->request(middleman, caf::infinite, caf::unpublish_atom::value, actor.address(), port)
      .receive([] {}, [](const caf::error&) {});
#endif
}

/// The certificate that the system shows to peers; empty where it has none.
inline std::string tls_identity(caf::actor_system& system) {
#if TRUCKEE_CAF_1
  return caf::get_or(system.config(), "caf.openssl.certificate", "");
#else
  return system.config().openssl_certificate;
#endif
}

/// Takes away what a connected peer could use besides the published actor: spawning actors by name, reading
/// and writing the configuration.
inline void close_registry(caf::actor_system& system) {
#if TRUCKEE_CAF_1
  system.registry().erase("SpawnServ");
  system.registry().erase("ConfigServ");
#else
  system.registry().erase(caf::atom("SpawnServ"));
  system.registry().erase(caf::atom("ConfigServ"));
#endif
}

/// The settings of an actor system; everything is set in code, never read from CAF's own files or arguments.
class system_config : public caf::actor_system_config {
public:
  /// `files` must have been checked: CAF ends the process where they are wrong.
  explicit system_config(const std::optional<tls::node_files>& files);
};

/// Whether two addresses mean one actor; 0.17's own operators do not compile as C++20.
inline bool same_actor(const caf::actor_addr& a, const caf::actor_addr& b) {
  return a.compare(b) == 0;
}

// -- inspection --------------------------------------------------------------------------------------------

/// True while values are read from a peer's bytes.
template <class Inspector>
constexpr bool is_loading_v =
#if TRUCKEE_CAF_1
    Inspector::is_loading;
#else
    Inspector::writes_state;
#endif

/// Inspects a struct by its members, in order: return inspect_members(f, x, x.a, x.b).
template <class Inspector, class Object, class... Members>
auto inspect_members(Inspector& f, [[maybe_unused]] Object& object, Members&... members) {
#if TRUCKEE_CAF_1
  return f.object(object).fields(f.field("_", members)...);
#else
  return f(members...);
#endif
}

/// The result of an inspection that found a peer's bytes wrong.
template <class Inspector>
auto refuse_inspection([[maybe_unused]] Inspector& f) {
#if TRUCKEE_CAF_1
  f.set_error(caf::make_error(caf::sec::load_callback_failed));
  return false;
#else
  if constexpr (std::is_same_v<typename Inspector::result_type, caf::error>)
    return caf::make_error(caf::sec::invalid_argument);
  else
    return typename Inspector::result_type{};
#endif
}

/// Whether an inspection went well.
template <class Result>
bool inspection_ok(const Result& r) {
  if constexpr (std::is_same_v<Result, bool>)
    return r;
  else if constexpr (std::is_same_v<Result, caf::error>)
    return !r;
  else
    return true;
}

/// As inspect_members; after members were read from a peer, `accept()` says whether they make sense, and may
/// use them.
template <class Inspector, class Object, class Accept, class... Members>
auto inspect_checked(Inspector& f, Object& object, Accept accept, Members&... members) {
  if constexpr (!is_loading_v<Inspector>) {
    return inspect_members(f, object, members...);
  } else {
    auto r = inspect_members(f, object, members...);
    if (inspection_ok(r) && !accept())
      return refuse_inspection(f);
    return r;
  }
}

} // namespace truckee::messages
