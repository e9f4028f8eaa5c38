#include "truckee/base/text.hpp"

#include <algorithm>
#include <array>

namespace truckee {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

/// What UTF-8 at the front of `text` stands for; `length` is utf8_length's.
char32_t code_point(std::string_view text, std::size_t length) {
  constexpr std::array<unsigned char, 5> first_bits{0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t out = static_cast<unsigned char>(text[0]) & first_bits.at(length);
  for (std::size_t i = 1; i < length; ++i)
    out = out << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  return out;
}

/// Whether a terminal draws it, and does nothing else.
bool is_drawn(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool separator = c == 0x2028 || c == 0x2029;
  const bool direction = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                         (c >= 0x2066 && c <= 0x2069);
  return !control && !separator && !direction;
}

std::string escape(std::string_view text, bool keep_line_feeds) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto here = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(here.size());
    if (here == "\n")
      out += keep_line_feeds ? "\n" : "\\n";
    else if (length > 0 && is_drawn(code_point(here, length)))
      out += here;
    else
      for (const char c : here) {
        const auto byte = static_cast<unsigned char>(c);
        out.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
      }
  }
  return out;
}

} // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty())
    return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = at(0);
  if (first < 0x80)
    return 1;
  const std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || text.size() < length)
    return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80)
      return 0;
  const auto c = code_point(text, length);
  const bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
  return overlong || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ? 0 : length;
}

std::string escaped(std::string_view text) {
  return escape(text, false);
}

std::string escaped_lines(std::string_view text) {
  return escape(text, true);
}

std::string some_of(std::span<const std::string> names, std::size_t most) {
  std::string out;
  // "and 1 more" is no shorter than the name.
  const auto shown = names.size() > most + 1 ? most : names.size();
  for (const auto& name : names.first(shown))
    out += (out.empty() ? "" : ", ") + name;
  return shown < names.size() ? out + " and " + std::to_string(names.size() - shown) + " more" : out;
}

std::optional<std::string> unexpanded_home(std::string_view path, std::string_view instead) {
  if (!path.starts_with('~'))
    return std::nullopt;
  return "\"~\" stands for a home in a shell only; " + std::string(instead);
}

} // namespace truckee
