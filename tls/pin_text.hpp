#pragma once

#include "truckee/tls/identity.hpp"

namespace truckee::tls {

/// A pin as NURLs have it: 43 characters of unpadded url-safe base64.
std::string to_text(const pin& x);
/// Nothing where it is not that; each pin has one text.
std::optional<pin> parse_pin(std::string_view text);

} // namespace truckee::tls
