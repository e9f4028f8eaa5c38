#pragma once

#include "truckee/grid/strict/slot_map.hpp"

#include <string>
#include <tuple>
#include <type_traits>

/// Values as bytes that are equal where the values are: what states are told apart by.
namespace truckee::model {

template <class T>
void add_key(std::string& out, const T& x) {
  const auto add_size = [&](std::size_t size) { add_key(out, static_cast<std::uint32_t>(size)); };
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    out.append(reinterpret_cast<const char*>(&x), sizeof x);
  } else if constexpr (std::is_same_v<T, grid::file_version>) {
    add_key(out, grid::pack_prefix(x));
  } else if constexpr (std::is_same_v<T, grid::writer_note>) {
    add_key(out, std::tie(x.setting, x.epoch, x.reserved));
  } else if constexpr (std::is_same_v<T, grid::sealed_share>) {
    add_key(out, std::tie(x.version, x.seal, x.note));
  } else if constexpr (std::is_same_v<T, grid::bad_share>) {
    add_key(out, x.seen);
  } else if constexpr (requires { x.valueless_by_exception(); }) {
    add_size(x.index());
    std::visit([&](const auto& value) { add_key(out, value); }, x);
  } else if constexpr (requires { x.has_value(); }) {
    add_key(out, x.has_value());
    if (x)
      add_key(out, *x);
  } else if constexpr (requires { x.data.begin(); }) { // fixed_bytes
    out.append(reinterpret_cast<const char*>(x.data.data()), x.data.size());
  } else if constexpr (requires { x.value; }) { // share_number and its like
    add_key(out, x.value);
  } else if constexpr (requires { x.begin(), x.size(); }) {
    add_size(x.size());
    for (const auto& one : x)
      add_key(out, one);
  } else {
    std::apply([&](const auto&... one) { (add_key(out, one), ...); }, x); // pairs and tuples
  }
}

template <class... T>
std::string key_of(const T&... x) {
  std::string out;
  (add_key(out, x), ...);
  return out;
}

} // namespace truckee::model
