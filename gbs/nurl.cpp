#include "truckee/gbs/nurl.hpp"

#include "truckee/tls/pin_text.hpp"

#include <algorithm>

namespace truckee::gbs {

namespace {

constexpr std::size_t swissnum_chars_max = 128;
constexpr std::string_view nurl_scheme = "pb://";
constexpr std::string_view nurl_version = "#v=1";

tl::unexpected<error> bad(std::string_view why) {
  return fail(errc::configuration,
              "not a NURL: " + std::string{why} + "; expected \"pb://PIN@HOST:PORT/SWISSNUM#v=1\"");
}

bool swissnum_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

} // namespace

result<nurl> parse_nurl(std::string_view text) {
  if (!text.starts_with(nurl_scheme))
    return bad("it does not begin with pb:// (a Tor or I2P address, pb+tor://, cannot be reached)");
  text.remove_prefix(nurl_scheme.size());
  if (!text.ends_with(nurl_version))
    return bad("it does not end with #v=1");
  text.remove_suffix(nurl_version.size());
  const auto at = text.find('@');
  const auto slash = text.find('/', at == text.npos ? 0 : at);
  if (at == text.npos || slash == text.npos)
    return bad("the @ or the / is missing");
  const auto pin = tls::parse_pin(text.substr(0, at));
  if (!pin)
    return bad("the PIN is not 43 characters of unpadded url-safe base64");
  const auto where = parse_address(text.substr(at + 1, slash - at - 1));
  if (!where)
    return bad(where.error().detail);
  const auto swissnum = text.substr(slash + 1);
  if (swissnum.empty() || swissnum.size() > swissnum_chars_max ||
      !std::all_of(swissnum.begin(), swissnum.end(), swissnum_character))
    return bad("the SWISSNUM is missing or has a foreign character");
  nurl out{{}, *where, swissnum};
  out.pin.data = pin->data;
  return out;
}

secret_text to_text(const nurl& x) {
  tls::pin pin;
  pin.data = x.pin.data;
  const auto before = std::string(nurl_scheme) + tls::to_text(pin) + "@" + to_string(x.at) + "/";
  secret_text out;
  out.reserve(before.size() + x.swissnum.size() + nurl_version.size());
  out.append(before).append(x.swissnum).append(nurl_version);
  return out;
}

} // namespace truckee::gbs
