#pragma once

/// Sending and asking from an actor, a thread or nowhere, and what CAF says when it fails.

#include "truckee/base/deadline_queue.hpp"
#include "truckee/base/result.hpp"
#include "truckee/messages/caf/protocol.hpp"

#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#if TRUCKEE_CAF_1
#include <caf/anon_mail.hpp>
#endif

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

/// Asks `to` from an actor without a deadline: for one of this process that answers in bounded time by itself, and that the asker
/// watches in case it ends. Exactly one of the two callbacks runs, and none once the actor has ended.
template <class Self, class Handle, class Message, class Then, class Otherwise>
void request_watched(Self* self, const Handle& to, Message&& message, Then then, Otherwise otherwise) {
#if TRUCKEE_CAF_1
  self->mail(std::forward<Message>(message))
      .request(to, caf::infinite)
      .then(std::move(then), std::move(otherwise));
#else
  self->request(to, caf::infinite, std::forward<Message>(message))
      .then(std::move(then), std::move(otherwise));
#endif
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

} // namespace truckee::messages
