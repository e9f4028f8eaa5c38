#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/base/words.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct x509_st; // OpenSSL's X509

/// Who a certificate is.
namespace truckee::tls {

/// What a certificate is for, by its organizational unit ("truckee server"). One without such a unit, as `truckee certs`
/// made them before, or another CA, is for anything.
enum class role : std::uint8_t {
  any,
  client,  ///< asks storage servers and gateways
  gateway, ///< a client that others ask
  server,  ///< a storage server
  scraper, ///< reads metrics, and nothing else
};

inline constexpr std::array<std::string_view, 5> role_words{"any", "client", "gateway", "server", "scraper"};
static_assert(are_words(role_words, role::scraper));
constexpr std::string_view to_word(role x) {
  return word_in(role_words, x);
}
/// The role of that name; nothing where there is none.
std::optional<role> role_named(std::string_view word);

/// What stands in the certificate, e.g. "truckee server".
std::string unit_of(role x);

/// SHA-256 of a certificate's public key (SubjectPublicKeyInfo).
struct pin_tag {};
using pin = fixed_bytes<pin_tag, 32>;

/// What a certificate says, and what tells it from every other.
struct identity {
  std::string common_name; ///< for people
  std::vector<std::string>
      names; ///< subject alternative names: hosts and words in lower case, IP addresses as text
  role made_for = role::any;
  std::int64_t not_before = 0; ///< unix seconds
  std::int64_t not_after = 0;  ///< unix seconds
  pin key;

  /// Whether it is for one of these, of which none means any.
  bool is_for(std::span<const role> wanted) const;
  /// Whether one of its names is that one; case does not count, and IP addresses are compared as such.
  bool is_named(std::string_view name) const;
};

/// Of a certificate that parses; empty where it has no such thing.
identity identity_of(const x509_st* certificate);

/// "2026-11-25 22:39:46 UTC".
std::string date_of(std::int64_t unix_seconds);

} // namespace truckee::tls
