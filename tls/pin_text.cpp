#include "truckee/tls/pin_text.hpp"

namespace truckee::tls {

namespace {

constexpr std::size_t pin_chars = 43; // 32 bytes
constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

} // namespace

std::string to_text(const pin& x) {
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  for (const auto byte : x.data) {
    bits = (bits << 8 | std::to_integer<unsigned>(byte)) & 0xffff;
    for (held += 8; held >= 6; held -= 6)
      out += digits[(bits >> (held - 6)) & 63];
  }
  return out + digits[(bits << (6 - held)) & 63];
}

std::optional<pin> parse_pin(std::string_view text) {
  if (text.size() != pin_chars)
    return std::nullopt;
  pin out;
  unsigned bits = 0;
  unsigned held = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const auto value = digits.find(c);
    if (value == digits.npos)
      return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.data[at++] = static_cast<std::byte>((bits >> held) & 0xff);
    }
  }
  // No stray low bits.
  if ((bits & ((1U << held) - 1)) != 0)
    return std::nullopt;
  return out;
}

} // namespace truckee::tls
