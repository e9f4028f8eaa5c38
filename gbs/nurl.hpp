#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"
#include "truckee/base/secret_text.hpp"

#include <string>
#include <string_view>

namespace truckee::gbs {

/// A Tahoe-LAFS storage server: pb://PIN@HOST:PORT/SWISSNUM#v=1. Source: docs/formats.md section 14.
struct nurl {
  hash256 pin; ///< SHA-256 of the certificate's SubjectPublicKeyInfo
  address at;
  secret_text swissnum; ///< entitles to use the server: never shown or logged
  friend bool operator==(const nurl&, const nurl&) = default;
};

/// "pb://PIN@HOST:PORT/SWISSNUM#v=1"; errors (configuration) do not repeat the text.
result<nurl> parse_nurl(std::string_view text);

/// The text that parse_nurl reads; a secret.
secret_text to_text(const nurl& x);

} // namespace truckee::gbs
