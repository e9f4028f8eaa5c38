#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/base/freed_by.hpp"
#include "truckee/base/result.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <optional>
#include <vector>

/// OpenSSL's objects as values that free themselves, and PEM text. For this room's sources.
namespace truckee::tls::ssl {

using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;

/// No PEM file of certificates or of a key is larger.
inline constexpr std::size_t pem_bytes_max = 1 << 20;

/// All certificates of a PEM text, in order; empty where one of them does not parse or there is none.
std::vector<certificate_ptr> read_certificates(byte_view pem);
std::string write_certificate(X509* certificate);

/// Why a private key cannot be had from its file.
enum class key_problem { none, encrypted, unreadable };
/// Nothing and the problem where it is encrypted or does not parse.
key_ptr read_key(byte_view pem, key_problem& problem);
/// The key's PEM text in memory that is wiped when freed; empty when OpenSSL fails.
bio_ptr write_key(EVP_PKEY* key);
byte_view content_of(BIO* memory);

/// The reason of OpenSSL's last error, for people; clears its queue.
std::string last_error();

} // namespace truckee::tls::ssl
