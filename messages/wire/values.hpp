#pragma once

/// How values cross the wire. Every inspection checks what it reads: a peer's bytes never make us allocate
/// more than they bring, and never yield an enum value that does not exist.

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/base/shared_bytes.hpp"
#include "truckee/base/strict_words.hpp"
#include "truckee/base/vocabulary.hpp"
#include "truckee/messages/caf/inspection.hpp"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

namespace truckee::messages {

/// Whether an inspector writes for people (logs) and not for a peer.
template <class Inspector>
constexpr bool is_for_people_v = std::is_same_v<Inspector, caf::detail::stringification_inspector>;

namespace detail {

/// Writes text where a value would stand; for people only.
template <class Inspector>
auto show(Inspector& f, std::string text) {
#if TRUCKEE_CAF_1
  return f.value(std::string_view{text});
#else
  return f(text);
#endif
}

#if TRUCKEE_CAF_1
template <class Inspector>
bool save_raw(Inspector& f, byte_view data) {
  return f.value(caf::span<const std::byte>(data.data(), data.size()));
}
template <class Inspector>
bool load_raw(Inspector& f, mutable_byte_view data) {
  return f.value(caf::span<std::byte>(data.data(), data.size()));
}
#else
inline caf::error save_raw(caf::serializer& f, byte_view data) {
  if (data.empty())
    return caf::none;
  // CAF's interface is one for both directions; saving does not write to the memory.
  return f.apply_raw(data.size(), const_cast<std::byte*>(data.data()));
}
inline caf::error load_raw(caf::deserializer& f, mutable_byte_view data) {
  return data.empty() ? caf::error{} : f.apply_raw(data.size(), data.data());
}
#endif

/// How many bytes are still to come, where the source can tell. CAF 1.1's and 0.17's network sources can.
template <class Inspector>
std::size_t bytes_left(Inspector& f) {
#if TRUCKEE_CAF_1
  if constexpr (requires { f.remaining(); })
    return f.remaining();
  else
    return SIZE_MAX;
#else
  if (auto* source = dynamic_cast<caf::binary_deserializer*>(&f))
    return source->remaining();
  return SIZE_MAX;
#endif
}

} // namespace detail

/// A run of bytes: its length, then the bytes in one piece.
template <class Inspector>
auto inspect_run(Inspector& f, shared_bytes& x) {
  if constexpr (is_for_people_v<Inspector>) {
    return detail::show(f, "<" + std::to_string(x.size()) + " bytes>");
  } else if constexpr (is_loading_v<Inspector>) {
    std::size_t size = 0;
    if (auto r = f.begin_sequence(size); !inspection_ok(r))
      return r;
    if (size > detail::bytes_left(f))
      return refuse_inspection(f);
    buffer memory(size);
    if (auto r = detail::load_raw(f, memory.view()); !inspection_ok(r))
      return r;
    x = shared_bytes(std::move(memory));
    return f.end_sequence();
  } else {
    std::size_t size = x.size();
    if (auto r = f.begin_sequence(size); !inspection_ok(r))
      return r;
    if (auto r = detail::save_raw(f, x.view()); !inspection_ok(r))
      return r;
    return f.end_sequence();
  }
}

/// N bytes without a length.
template <class Inspector>
auto inspect_fixed(Inspector& f, mutable_byte_view x) {
  if constexpr (is_for_people_v<Inspector>)
    return detail::show(f, to_hex(x));
  else if constexpr (is_loading_v<Inspector>)
    return detail::load_raw(f, x);
  else
    return detail::save_raw(f, x);
}

/// An enum as a member, one byte: a value at or beyond `count` is refused. CAF 0.17 cannot inspect enums
/// themselves.
template <class Enum>
struct enum_member {
  Enum& value;
  std::uint8_t count;
};

template <class Inspector, class Enum>
auto inspect(Inspector& f, enum_member<Enum>& x) {
  auto raw = static_cast<std::uint8_t>(x.value);
  auto accept = [&] {
    x.value = static_cast<Enum>(raw);
    return raw < x.count;
  };
  return inspect_checked(f, x, accept, raw);
}

/// The same of an enum that may be missing: one byte, `count` for nothing.
template <class Enum>
struct optional_enum_member {
  std::optional<Enum>& value;
  std::uint8_t count;
};

template <class Inspector, class Enum>
auto inspect(Inspector& f, optional_enum_member<Enum>& x) {
  auto raw = x.value ? static_cast<std::uint8_t>(*x.value) : x.count;
  auto accept = [&] {
    x.value = raw < x.count ? std::optional(static_cast<Enum>(raw)) : std::nullopt;
    return raw <= x.count;
  };
  return inspect_checked(f, x, accept, raw);
}

/// A number that is one. Infinity and "not a number" are refused from peers and written as 0: CAF 0.17 never
/// comes to an end writing an infinity.
struct finite_member {
  double& value;
};

template <class Inspector>
auto inspect(Inspector& f, finite_member& x) {
  auto raw = std::isfinite(x.value) ? x.value : 0.0;
  auto accept = [&] {
    x.value = raw;
    return std::isfinite(raw);
  };
  return inspect_checked(f, x, accept, raw);
}

/// std::optional as a member, a flag and a value: optional_member<T> b{x.b}; inspect_members(f, x, x.a, b).
template <class T>
struct optional_member {
  std::optional<T>& value;
};

template <class Inspector, class T>
auto inspect(Inspector& f, optional_member<T>& x) {
  bool present = x.value.has_value();
  T value = x.value.value_or(T{});
  auto accept = [&] {
    x.value = present ? std::optional<T>(value) : std::nullopt;
    return true;
  };
  return inspect_checked(f, x, accept, present, value);
}

} // namespace truckee::messages

namespace truckee {

template <class Inspector, class Tag, std::size_t N>
auto inspect(Inspector& f, fixed_bytes<Tag, N>& x) {
  return messages::inspect_fixed(f, x.view());
}

template <class Inspector, class Tag, std::size_t N>
auto inspect(Inspector& f, secret_bytes<Tag, N>& x) {
  if constexpr (messages::is_for_people_v<Inspector>)
    return messages::detail::show(f, "<secret>");
  else
    return messages::inspect_fixed(f, x.view());
}

template <class Inspector>
auto inspect(Inspector& f, shared_bytes& x) {
  return messages::inspect_run(f, x);
}

template <class Inspector>
auto inspect(Inspector& f, share_number& x) {
  return messages::inspect_members(f, x, x.value);
}

template <class Inspector>
auto inspect(Inspector& f, sequence_number& x) {
  return messages::inspect_members(f, x, x.value);
}

// Enums with words, as members.
inline messages::enum_member<errc> checked(errc& x) {
  return {x, errc_words.size()};
}
inline messages::enum_member<operation_kind> checked(operation_kind& x) {
  return {x, operation_kind_words.size()};
}
inline messages::enum_member<stage> checked(stage& x) {
  return {x, stage_words.size()};
}
inline messages::enum_member<publish_mode> checked(publish_mode& x) {
  return {x, publish_mode_words.size()};
}
inline messages::enum_member<link_state> checked(link_state& x) {
  return {x, link_state_words.size()};
}
inline messages::enum_member<server_outcome> checked(server_outcome& x) {
  return {x, server_outcome_words.size()};
}
inline messages::enum_member<strict_outcome> checked(strict_outcome& x) {
  return {x, strict_outcome_words.size()};
}
inline messages::enum_member<read_kind> checked(read_kind& x) {
  return {x, read_kind_words.size()};
}
inline messages::enum_member<shares_order> checked(shares_order& x) {
  return {x, shares_order_words.size()};
}

template <class Inspector>
auto inspect(Inspector& f, error& x) {
  auto code = checked(x.code);
  return messages::inspect_members(f, x, code, x.detail);
}

} // namespace truckee
