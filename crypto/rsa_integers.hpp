#pragma once

#include "truckee/base/bytes.hpp"

/// RSA keys as integers: what DER holds, and whether Tahoe-LAFS would have made it. Source:
/// docs/formats.md section 6.
namespace truckee::crypto {

/// The integers of PKCS#1 in its order, big endian, as views into the DER; only the first two for a public
/// key.
struct rsa_integers {
  byte_view modulus, public_exponent, private_exponent, prime_1, prime_2, exponent_1, exponent_2, coefficient;
};

/// Nothing unless the bytes are one SubjectPublicKeyInfo of an RSA key, whole and in strict DER.
std::optional<rsa_integers> read_spki(byte_view der);

/// Nothing unless the bytes are one PKCS#8 PrivateKeyInfo (version 0, no attributes) of an RSA key.
std::optional<rsa_integers> read_pkcs8(byte_view der);

/// Empty when modulus (2048 bits) and exponent (65537 or 17) are what Tahoe-LAFS uses, else what is wrong.
std::string find_fault(const rsa_integers& key);

} // namespace truckee::crypto
