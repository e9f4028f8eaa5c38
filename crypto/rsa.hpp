#pragma once

#include "truckee/base/random.hpp"
#include "truckee/base/result.hpp"
#include "truckee/crypto/keys.hpp"

#include <memory>
#include <string_view>

/// The RSA keys that sign mutable files: 2048 bits, exponent 65537, or 17 in files of the earliest releases;
/// signatures are RSASSA-PSS with SHA-256 and a salt of 32 bytes. Keys keep the DER they were read from: the
/// write key and the fingerprint are hashes of those very bytes. Copies share one parsed key; all calls are
/// safe from several threads.
namespace truckee::crypto {

inline constexpr std::size_t signature_size = 256;
using signature = fixed_bytes<struct signature_tag, signature_size>;
using pss_salt = fixed_bytes<struct pss_salt_tag, 32>;

/// A PEM text that is longer holds something else than a key: with a certificate chain beside it, it has some 10 KiB.
inline constexpr std::size_t pem_bytes_max = 64 * 1024;

/// Verifies signatures; keeps the DER it was read from.
class public_key {
public:
  /// Reads a SubjectPublicKeyInfo; errc::malformed says what is wrong with it.
  static result<public_key> from_der(byte_view spki);

  byte_view der() const;
  bool verify(byte_view message, byte_view signed_bytes) const;
  /// The salt that a signature of this message was made with, which its signer chose; nothing where it does not verify.
  std::optional<pss_salt> salt_of(byte_view message, byte_view signed_bytes) const;

private:
  friend class private_key;
  struct state;
  explicit public_key(std::shared_ptr<const state> from) : state_(std::move(from)) {}
  std::shared_ptr<const state> state_;
};

/// Signs; keeps the DER it was read from, for the write key is its hash.
class private_key {
public:
  /// Reads a PKCS#8 PrivateKeyInfo; errc::malformed says what is wrong with it. Never quotes the bytes.
  static result<private_key> from_der(byte_view pkcs8);
  /// Reads the one private key in a PEM text, PKCS#1 or PKCS#8, as Tahoe-LAFS takes it; other blocks (certificates) are
  /// passed over. errc::malformed says what it is instead (encrypted, public only, another kind or size, two keys, no PEM)
  /// and what is expected. Never quotes it; what was decoded on the way is wiped, the text is the caller's.
  static result<private_key> from_pem(std::string_view text);
  /// A new key from OpenSSL's generator: about 0.4 s, up to 1.3 s.
  static result<private_key> generate();

  byte_view der() const;
  /// The public half, in the one DER form Tahoe-LAFS writes.
  const public_key& public_half() const;
  /// The same salt gives the same signature.
  result<signature> sign(byte_view message, const pss_salt& salt) const;

private:
  struct state;
  explicit private_key(std::shared_ptr<const state> from) : state_(std::move(from)) {}
  std::shared_ptr<const state> state_;
};

/// All keys and names of one file its writer needs, derived once.
struct file_keys {
  explicit file_keys(private_key from);

  private_key signing;
  write_key write;
  read_key read;
  storage_index slot;
  crypto::fingerprint fingerprint;
};

} // namespace truckee::crypto
