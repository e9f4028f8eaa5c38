#include "truckee/settings/grid_file.hpp"

#include <algorithm>

namespace truckee::settings {

namespace {

constexpr std::size_t pin_chars = 43; // 32 bytes in unpadded base64
constexpr std::size_t swissnum_chars_max = 128;

tl::unexpected<error> bad(std::string_view why) {
  return fail(errc::configuration,
              "not a NURL: " + std::string{why} + "; expected \"pb://PIN@HOST:PORT/SWISSNUM#v=1\"");
}

int base64url_value(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/// 43 characters, the last with no stray low bits: each pin has one text.
std::optional<hash256> read_pin(std::string_view text) {
  if (text.size() != pin_chars)
    return std::nullopt;
  hash256 out;
  unsigned bits = 0;
  unsigned held = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const int value = base64url_value(c);
    if (value < 0)
      return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.data[at++] = static_cast<std::byte>((bits >> held) & 0xff);
    }
  }
  if ((bits & ((1U << held) - 1)) != 0)
    return std::nullopt;
  return out;
}

bool swissnum_character(char c) {
  return base64url_value(c) >= 0;
}

} // namespace

result<nurl> parse_nurl(std::string_view text) {
  constexpr std::string_view scheme = "pb://";
  constexpr std::string_view version = "#v=1";
  if (!text.starts_with(scheme))
    return bad("it does not begin with pb:// (a Tor or I2P address, pb+tor://, cannot be reached)");
  text.remove_prefix(scheme.size());
  if (!text.ends_with(version))
    return bad("it does not end with #v=1");
  text.remove_suffix(version.size());
  const auto at = text.find('@');
  const auto slash = text.find('/', at == text.npos ? 0 : at);
  if (at == text.npos || slash == text.npos)
    return bad("the @ or the / is missing");
  const auto pin = read_pin(text.substr(0, at));
  if (!pin)
    return bad("the PIN is not 43 characters of unpadded url-safe base64");
  const auto where = parse_address(text.substr(at + 1, slash - at - 1));
  if (!where)
    return bad(where.error().detail);
  const auto swissnum = text.substr(slash + 1);
  if (swissnum.empty() || swissnum.size() > swissnum_chars_max ||
      !std::all_of(swissnum.begin(), swissnum.end(), swissnum_character))
    return bad("the SWISSNUM is missing or has a foreign character");
  return nurl{*pin, *where, std::string{swissnum}};
}

} // namespace truckee::settings
