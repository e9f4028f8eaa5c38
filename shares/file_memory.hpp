#pragma once

#include "truckee/base/recent_map.hpp"
#include "truckee/codec/share_error.hpp"
#include "truckee/crypto/rsa.hpp"

#include <mutex>
#include <optional>
#include <vector>

namespace truckee::shares {

/// What was proved of files that were used last, so that the same bytes are not proved again: keys as OpenSSL holds them
/// (the first use of one costs as much again as the use itself), and signatures that were good. Everything is compared byte
/// for byte; what differs from what is known is proved as if nothing were. Any thread may call.
///
/// Private keys stay in memory until their file is among those used longest ago, or this ends; then they are wiped.
class file_memory {
public:
  static constexpr std::size_t files_default = 100;
  /// Of one file. A read sees one or two versions, rarely more.
  static constexpr std::size_t signatures_max = 4;

  explicit file_memory(std::size_t files_max = files_default) : files_(files_max) {}

  /// As codec::verify_public_key.
  codec::share_result<crypto::public_key> public_key(byte_view der, const crypto::fingerprint& expected);
  /// As codec::verify_signature; `key` is the one of this fingerprint.
  codec::share_result<void> verify_signature(const crypto::fingerprint& of, const crypto::public_key& key,
                                             byte_view signed_prefix, byte_view signature);
  /// As codec::decrypt_private_key.
  codec::share_result<crypto::private_key> private_key(const crypto::fingerprint& of, byte_view encrypted,
                                                       const crypto::write_key& key);
  /// The private key that was proved for this write key, without a share at hand; nothing where it is not (any more) kept.
  std::optional<crypto::private_key> signing_key(const crypto::fingerprint& of, const crypto::write_key& key);

private:
  struct verified {
    bytes prefix;
    bytes signature;
  };
  struct signing {
    crypto::write_key write;
    bytes encrypted;
    crypto::private_key key;
  };
  struct file {
    std::optional<crypto::public_key> key;
    std::vector<verified> good; ///< the youngest last
    std::optional<signing> writer;
  };

  file* file_of(const crypto::fingerprint& which);

  std::mutex mutex_;
  recent_map<crypto::fingerprint, file> files_;
};

} // namespace truckee::shares
