#include "truckee/crypto/algorithms.hpp"

#include "truckee/base/freed_by.hpp"
#include "truckee/base/random.hpp"

#include <array>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <system_error>

namespace truckee::crypto {

namespace {

bool has_digest(const char* name) {
  return std::unique_ptr<EVP_MD, freed_by<EVP_MD_free>>(EVP_MD_fetch(nullptr, name, nullptr)) != nullptr;
}

bool has_cipher(const char* name) {
  return std::unique_ptr<EVP_CIPHER, freed_by<EVP_CIPHER_free>>(EVP_CIPHER_fetch(nullptr, name, nullptr)) !=
         nullptr;
}

bool has_keys(const char* name) {
  return std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>(
             EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr)) != nullptr;
}

} // namespace

result<void> check_algorithms() {
  std::string missing;
  const auto need = [&missing](bool there, const char* name) {
    if (!there)
      missing.append(missing.empty() ? "" : ", ").append(name);
  };
  need(has_cipher("AES-128-CTR"), "AES-128-CTR");
  need(has_digest("SHA256"), "SHA-256");
  need(has_digest("SHA1"), "SHA-1");
  need(has_keys("RSA"), "RSA");
  ERR_clear_error();
  if (!missing.empty())
    return fail(errc::configuration,
                "OpenSSL on this machine lacks " + missing +
                    ", which Tahoe-LAFS's files need; a FIPS mode or OPENSSL_CONF may leave it out");
  try {
    std::array<std::byte, 1> some{};
    system_random().fill(some);
  } catch (const std::system_error& problem) {
    return fail(errc::configuration, std::string("this machine gives no random numbers: ") + problem.what());
  }
  return {};
}

} // namespace truckee::crypto
