#pragma once

#include "truckee/base/bytes.hpp"

#include <memory>

namespace truckee::crypto {

/// AES-128 in counter mode, the counter starting at zero: how Tahoe-LAFS encrypts content (with the data key)
/// and private keys (with the write key). Encrypting and decrypting are the same. The key schedule is wiped
/// when destroyed.
class aes_ctr {
public:
  template <class Tag>
  explicit aes_ctr(const secret_bytes<Tag, 16>& key) : aes_ctr(key.view()) {}
  ~aes_ctr();
  aes_ctr(const aes_ctr&) = delete;
  aes_ctr& operator=(const aes_ctr&) = delete;

  /// The next in.size() bytes of the stream: `out` must be as long as `in`, and the same memory or apart from
  /// it.
  void apply(byte_view in, mutable_byte_view out);

private:
  explicit aes_ctr(byte_view key);
  struct context;
  std::unique_ptr<context> context_;
};

} // namespace truckee::crypto
