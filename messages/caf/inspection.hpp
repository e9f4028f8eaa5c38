#pragma once

/// How CAF reads and writes a struct by its members.

#include "truckee/messages/caf/protocol.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deserializer.hpp>
#include <caf/detail/stringification_inspector.hpp>
#include <caf/error.hpp>
#include <caf/sec.hpp>
#include <caf/serializer.hpp>
#if !TRUCKEE_CAF_1
#include <caf/allowed_unsafe_message_type.hpp>
#endif

#include <type_traits>
#include <utility>

namespace truckee::messages {

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
