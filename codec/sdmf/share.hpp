#pragma once

#include "truckee/codec/merkle_tree.hpp"
#include "truckee/codec/sdmf/layout.hpp"
#include "truckee/crypto/rsa.hpp"

#include <vector>

/// Shares as they come from servers nobody trusts: any bytes give a share or a typed error. Views point into
/// the bytes that were parsed and live no longer than they do. Nothing here allocates beyond the size of its
/// input.
namespace truckee::codec {

/// The beginning of a share, with as many of its parts as lie in the bytes at hand (a map update reads 4000).
class share_head {
public:
  const share_layout& layout() const { return layout_; }
  const share_header& header() const { return layout_.header; }
  byte_view signed_prefix() const { return given_.first(signed_prefix_size); }
  byte_view checkstring() const { return given_.first(checkstring_size); }

  /// One of the six parts; nothing where the bytes at hand do not hold all of it.
  std::optional<byte_view> part(share_field field) const;
  /// What has to be read to have the whole part; nothing when it is here.
  std::optional<byte_range> missing(share_field field) const;
  bool complete() const { return layout_.length() <= given_.size(); }

private:
  friend share_result<share_head> parse_share_head(byte_view first_bytes);
  share_head(share_layout layout, byte_view given) : layout_(layout), given_(given) {}
  share_layout layout_;
  byte_view given_;
};

/// Parses the beginning of a share. Fewer than 107 bytes, and another version than SDMF's, are errors.
share_result<share_head> parse_share_head(byte_view first_bytes);

/// A whole share: every part is there, none verified yet.
struct share_view {
  share_layout layout;
  byte_view signed_prefix;
  byte_view checkstring;
  byte_view public_key;
  byte_view signature;
  byte_view share_hash_chain;
  byte_view block_hash_tree;
  byte_view share_data;
  byte_view encrypted_private_key;

  const share_header& header() const { return layout.header; }
};

/// Parses a whole share; bytes behind its end (an older, longer share's tail) are ignored.
share_result<share_view> parse_share(byte_view share);

/// Entries of a share hash chain as they stand.
share_result<std::vector<chain_entry>> parse_share_hash_chain(byte_view chain);

// The steps of verification, each a function of its own, so that a reader can do them as the bytes come in.

/// The key in a share, proved by the capability's fingerprint.
share_result<crypto::public_key> verify_public_key(byte_view public_key_der,
                                                   const crypto::fingerprint& expected);

share_result<void> verify_signature(const crypto::public_key& key, byte_view signed_prefix,
                                    byte_view signature);

/// Leads share hash chain and block hash tree of this share number to the root hash in the header.
share_result<void> verify_hashes(const share_header& header, share_number share, byte_view share_hash_chain,
                                 byte_view block_hash_tree);

/// The block against the (verified) block hash tree. An empty file has an empty block.
share_result<void> verify_block(byte_view block_hash_tree, byte_view block);

/// Decrypts the private key and proves it: its hash must be the write key.
share_result<crypto::private_key> decrypt_private_key(byte_view encrypted, const crypto::write_key& key);

/// Hashes and block of a whole share.
share_result<void> verify_content(const share_view& share, share_number number);

/// All of the above but for the private key: what a verified share needs, no matter what other shares looked
/// like.
share_result<void> verify_share(const share_view& share, share_number number,
                                const crypto::fingerprint& expected);

} // namespace truckee::codec
