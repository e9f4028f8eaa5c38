#pragma once

#include "truckee/base/freed_by.hpp"
#include "truckee/base/result.hpp"

#include <openssl/evp.h>

#include <memory>

/// OpenSSL's keys on their way into ours; no other room includes this.
namespace truckee::crypto {

class private_key;

using key_handle = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

/// A key of OpenSSL's by its PKCS#8 DER, the one form that Tahoe-LAFS hashes, with one signature made to try it.
/// errc::malformed says what is wrong with it; errc::internal where OpenSSL cannot write it.
result<private_key> from_openssl(const EVP_PKEY& key);

} // namespace truckee::crypto
