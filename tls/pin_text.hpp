#pragma once

#include "truckee/tls/identity.hpp"

namespace truckee::tls {

/// What is expected where a pin is, for error messages.
inline constexpr std::string_view pin_form =
    "43 characters of unpadded url-safe base64: SHA-256 of the public "
    "key in the server's certificate";
/// A pin as NURLs have it: 43 characters of unpadded url-safe base64.
std::string to_text(const pin& x);
/// Nothing where it is not that; each pin has one text.
std::optional<pin> parse_pin(std::string_view text);

} // namespace truckee::tls
