#include "truckee/crypto/base32.hpp"

namespace truckee::crypto {

namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";

int digit_value(char c) {
  if (c >= 'a' && c <= 'z')
    return c - 'a';
  if (c >= '2' && c <= '7')
    return c - '2' + 26;
  return -1;
}

} // namespace

std::string to_base32(byte_view data) {
  std::string out;
  out.reserve((data.size() * 8 + 4) / 5);
  unsigned pending = 0;
  unsigned bits = 0;
  for (const auto b : data) {
    pending = (pending << 8) | static_cast<unsigned>(b);
    bits += 8;
    for (; bits >= 5; bits -= 5)
      out += alphabet[(pending >> (bits - 5)) & 31];
    pending &= (1U << bits) - 1;
  }
  if (bits > 0)
    out += alphabet[(pending << (5 - bits)) & 31];
  return out;
}

std::optional<bytes> from_base32(std::string_view text, base32_tail tail) {
  const auto odd = text.size() % 8;
  if (odd == 1 || odd == 3 || odd == 6)
    return std::nullopt;
  bytes out;
  out.reserve(text.size() * 5 / 8);
  unsigned pending = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const int value = digit_value(c);
    if (value < 0)
      return std::nullopt;
    pending = (pending << 5) | static_cast<unsigned>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<std::byte>(pending >> bits));
      pending &= (1U << bits) - 1;
    }
  }
  const unsigned forbidden = tail == base32_tail::as_tahoe && odd == 2 ? 1U : ~0U;
  if ((pending & forbidden) != 0)
    return std::nullopt;
  return out;
}

} // namespace truckee::crypto
