#pragma once

/// Protocols: what an actor may be told, and what it answers. The headers of this folder are the only ones that
/// know which generation of the C++ Actor Framework is underneath (0.17 or 1.1); a message is always exactly one
/// struct.

#include <caf/config.hpp>

// CAF_VERSION is an octal literal in 1.1, so only the major number can be asked.
#if CAF_MAJOR_VERSION >= 1
#define TRUCKEE_CAF_1 1
#else
#define TRUCKEE_CAF_1 0
// Before all others: 0.17's caf/result.hpp calls make_message without including it.
#include <caf/make_message.hpp>
#include <caf/replies_to.hpp>
#endif

#include <caf/result.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>

namespace truckee::messages {

/// Of deadlines and pauses.
using duration = std::chrono::nanoseconds;

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

} // namespace truckee::messages
