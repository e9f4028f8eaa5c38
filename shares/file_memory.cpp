#include "truckee/shares/file_memory.hpp"

#include "truckee/codec/share.hpp"

#include <algorithm>

namespace truckee::shares {

// Proving happens outside of the lock: two threads may prove the same at once, and then both know it.

codec::share_result<crypto::public_key> file_memory::public_key(byte_view der,
                                                                const crypto::fingerprint& expected) {
  {
    const std::lock_guard lock(mutex_);
    const auto* known = files_.find(expected);
    if (known != nullptr && known->key && equal(known->key->der(), der))
      return *known->key;
  }
  auto proved = codec::verify_public_key(der, expected);
  if (!proved)
    return proved;
  const std::lock_guard lock(mutex_);
  if (auto* known = file_of(expected))
    known->key = *proved;
  return proved;
}

codec::share_result<void> file_memory::verify_signature(const crypto::fingerprint& of,
                                                        const crypto::public_key& key,
                                                        byte_view signed_prefix, byte_view signature) {
  const auto is_this = [&](const verified& one) {
    return equal(one.prefix, signed_prefix) && equal(one.signature, signature);
  };
  {
    const std::lock_guard lock(mutex_);
    const auto* known = files_.find(of);
    if (known != nullptr && std::ranges::any_of(known->good, is_this))
      return {};
  }
  auto proved = codec::verify_signature(key, signed_prefix, signature);
  if (!proved)
    return proved;
  const std::lock_guard lock(mutex_);
  auto* known = file_of(of);
  if (known == nullptr || std::ranges::any_of(known->good, is_this))
    return proved;
  if (known->good.size() == signatures_max)
    known->good.erase(known->good.begin());
  known->good.push_back({to_bytes(signed_prefix), to_bytes(signature)});
  return proved;
}

codec::share_result<crypto::private_key>
file_memory::private_key(const crypto::fingerprint& of, byte_view encrypted, const crypto::write_key& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto* known = files_.find(of);
    if (known != nullptr && known->writer && known->writer->write == key &&
        equal(known->writer->encrypted, encrypted))
      return known->writer->key;
  }
  auto proved = codec::decrypt_private_key(encrypted, key);
  if (!proved)
    return proved;
  const std::lock_guard lock(mutex_);
  auto* known = file_of(of);
  if (known == nullptr)
    return proved;
  if (known->writer && known->writer->write == key)
    return known->writer->key; // another thread was first; one live key is enough
  known->writer.emplace(signing{key, to_bytes(encrypted), *proved});
  return proved;
}

std::optional<crypto::private_key> file_memory::signing_key(const crypto::fingerprint& of,
                                                            const crypto::write_key& key) {
  const std::lock_guard lock(mutex_);
  const auto* known = files_.find(of);
  if (known == nullptr || !known->writer || known->writer->write != key)
    return std::nullopt;
  return known->writer->key;
}

/// The file's place, made where there is none; null where nothing is kept. Under the lock.
file_memory::file* file_memory::file_of(const crypto::fingerprint& which) {
  if (auto* known = files_.find(which))
    return known;
  files_.put(which, {});
  return files_.find(which);
}

} // namespace truckee::shares
