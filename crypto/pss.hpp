#pragma once

#include "truckee/crypto/rsa.hpp"

namespace truckee::crypto {

/// EMSA-PSS of RFC 8017 section 9.1.1 for a modulus of 2048 bits: SHA-256, MGF1 with SHA-256, this salt.
/// OpenSSL draws its own salts; here the salt comes from outside, so that one seed gives the same share
/// again.
std::array<std::byte, signature_size> pss_encode(byte_view message, const pss_salt& salt);

/// The salt of what pss_encode made of this message; nothing for any other bytes.
std::optional<pss_salt> pss_salt_of(byte_view message, byte_view encoded);

} // namespace truckee::crypto
