#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace truckee {

using bytes = std::vector<std::byte>;
using byte_view = std::span<const std::byte>;
using mutable_byte_view = std::span<std::byte>;

/// The bytes of a text, not copied.
inline byte_view as_bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

/// Bytes seen as text, not copied.
inline std::string_view as_text(byte_view data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

inline bytes to_bytes(byte_view data) {
  return {data.begin(), data.end()};
}

bool equal(byte_view a, byte_view b);

/// Compares without telling by its time where two inputs differ; for secrets. Lengths are not secret.
bool equal_constant_time(byte_view a, byte_view b);

/// Overwrites memory in a way the compiler may not leave out.
void wipe(mutable_byte_view data);

std::string to_hex(byte_view data);

/// Reads lower or upper case hexadecimal; nothing for an odd length or a foreign character.
std::optional<bytes> from_hex(std::string_view text);

/// Big-endian integers, as every Tahoe-LAFS format has them. `data` must hold sizeof(T) bytes.
template <class T>
T load_be(byte_view data) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>((value << 8) | static_cast<T>(data[i]));
  return value;
}

template <>
inline std::uint8_t load_be<std::uint8_t>(byte_view data) {
  return static_cast<std::uint8_t>(data[0]);
}

template <class T>
void store_be(mutable_byte_view out, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) {
    out[i] = static_cast<std::byte>(value & 0xff);
    if constexpr (sizeof(T) > 1)
      value = static_cast<T>(value >> 8);
  }
}

/// N bytes with a meaning: two tags never mix. Compares and hashes by content; for public values.
template <class Tag, std::size_t N>
struct fixed_bytes {
  static constexpr std::size_t size = N;
  std::array<std::byte, N> data{};

  byte_view view() const { return data; }
  mutable_byte_view view() { return data; }

  /// Nothing if `from` is not exactly N bytes.
  static std::optional<fixed_bytes> from(byte_view from) {
    if (from.size() != N)
      return std::nullopt;
    fixed_bytes out;
    std::memcpy(out.data.data(), from.data(), N);
    return out;
  }

  friend bool operator==(const fixed_bytes&, const fixed_bytes&) = default;
  friend auto operator<=>(const fixed_bytes&, const fixed_bytes&) = default;
};

/// N secret bytes: wiped when destroyed, compared in constant time, never ordered, hashed or printed.
template <class Tag, std::size_t N>
struct secret_bytes {
  static constexpr std::size_t size = N;
  std::array<std::byte, N> data{};

  secret_bytes() = default;
  secret_bytes(const secret_bytes&) = default;
  secret_bytes& operator=(const secret_bytes&) = default;
  ~secret_bytes() { wipe(data); }

  byte_view view() const { return data; }
  mutable_byte_view view() { return data; }

  static std::optional<secret_bytes> from(byte_view from) {
    if (from.size() != N)
      return std::nullopt;
    secret_bytes out;
    std::memcpy(out.data.data(), from.data(), N);
    return out;
  }

  friend bool operator==(const secret_bytes& a, const secret_bytes& b) {
    return equal_constant_time(a.data, b.data);
  }
};

} // namespace truckee

template <class Tag, std::size_t N>
struct std::hash<truckee::fixed_bytes<Tag, N>> {
  std::size_t operator()(const truckee::fixed_bytes<Tag, N>& x) const noexcept {
    return std::hash<std::string_view>{}(truckee::as_text(x.data));
  }
};
