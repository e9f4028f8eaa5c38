#pragma once

#include "truckee/codec/merkle_tree.hpp"
#include "truckee/codec/share_layout.hpp"
#include "truckee/crypto/rsa.hpp"

#include <optional>
#include <vector>

/// Shares as they come from servers nobody trusts, as far as all formats are alike: any bytes give a share or a typed
/// error. Views point into the bytes that were parsed and live no longer than they do. Nothing here allocates beyond the
/// size of its input.
namespace truckee::codec {

/// The beginning of a share, with as many of its parts as lie in the bytes at hand (a map update reads 4000).
class share_head {
public:
  /// `given` has at least the header of that layout, which was parsed from it.
  share_head(share_layout layout, byte_view given) : layout_(layout), given_(given) {}

  const share_layout& layout() const { return layout_; }
  const share_header& header() const { return layout_.header; }
  byte_view signed_prefix() const { return given_.first(layout_.prefix_length); }
  byte_view checkstring() const { return given_.first(layout_.checkstring_length); }

  /// One of the six parts; nothing where the bytes at hand do not hold all of it.
  std::optional<byte_view> part(share_field field) const;
  /// What has to be read to have the whole part; nothing when it is here.
  std::optional<byte_range> missing(share_field field) const;
  std::size_t size() const { return given_.size(); } ///< of the bytes at hand
  bool complete() const { return layout_.length() <= given_.size(); }

private:
  share_layout layout_;
  byte_view given_;
};

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

/// The whole share that a head is the beginning of; the first part that is cut is the error. Bytes behind its end (an
/// older, longer share's tail) are ignored.
share_result<share_view> view_whole(const share_head& head);

/// Entries of a share hash chain as they stand.
share_result<std::vector<chain_entry>> parse_share_hash_chain(byte_view chain);

// The steps of verification that are the same in every format, each a function of its own, so that a reader can do them
// as the bytes come in.

/// The key in a share, proved by the capability's fingerprint.
share_result<crypto::public_key> verify_public_key(byte_view public_key_der,
                                                   const crypto::fingerprint& expected);

share_result<void> verify_signature(const crypto::public_key& key, byte_view signed_prefix,
                                    byte_view signature);

/// Leads the root of this share number's block hash tree through the share hash chain to the root hash in the header.
share_result<void> verify_chain(const share_header& header, share_number share, const hash256& block_root,
                                byte_view share_hash_chain);

/// Decrypts the private key and proves it: its hash must be the write key.
share_result<crypto::private_key> decrypt_private_key(byte_view encrypted, const crypto::write_key& key);

} // namespace truckee::codec
