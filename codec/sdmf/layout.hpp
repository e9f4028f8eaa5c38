#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/codec/encoding.hpp"
#include "truckee/codec/share_error.hpp"
#include "truckee/crypto/keys.hpp"

#include <array>
#include <optional>

/// Where everything lies in an SDMF share. Source: docs/formats.md section 8.
///
///   offset  bytes
///        0      1  version, 0
///        1      8  sequence number
///        9     32  root hash of the share hash tree
///       41     16  salt                               0..56: the checkstring
///       57      1  k
///       58      1  N
///       59      8  segment size
///       67      8  data length                        0..74: the signed prefix
///       75      4  offset of the signature
///       79      4  offset of the share hash chain
///       83      4  offset of the block hash tree
///       87      4  offset of the share data
///       91      8  offset of the encrypted private key
///       99      8  end of the share
///      107         public key; then the others, tightly, in that order
namespace truckee::codec {

inline constexpr std::size_t checkstring_size = 57;
inline constexpr std::size_t signed_prefix_size = 75;
inline constexpr std::size_t share_header_size = 107;
inline constexpr std::size_t chain_entry_size = 34;

using checkstring_bytes = std::array<std::byte, checkstring_size>;
using signed_prefix_bytes = std::array<std::byte, signed_prefix_size>;

/// What the signature covers, in words.
struct share_header {
  sequence_number sequence;
  hash256 root_hash;
  crypto::version_salt salt;
  encoding shape;
  std::uint64_t segment_size = 0;
  std::uint64_t data_length = 0;
  friend bool operator==(const share_header&, const share_header&) = default;
};

signed_prefix_bytes pack_prefix(const share_header& header);
checkstring_bytes pack_checkstring(const share_header& header);

/// Where a part of a share lies, from the share's first byte.
struct byte_range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t end() const { return offset + length; }
  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// A share's header and the place of each part. What parse_layout returns is consistent: parts in order,
/// lengths as the header asks, no sum overflows.
struct share_layout {
  share_header header;
  byte_range public_key;
  byte_range signature;
  byte_range share_hash_chain;
  byte_range block_hash_tree;
  byte_range share_data;
  byte_range encrypted_private_key;

  /// The length of the whole share by its own table. The stored bytes may be longer: an old tail stays
  /// behind.
  std::uint64_t length() const { return encrypted_private_key.end(); }
  /// `field` must be one of the six parts.
  const byte_range& range(share_field field) const;
};

/// The layout of a share to be written.
share_layout make_layout(const share_header& header, std::size_t public_key_size,
                         std::size_t private_key_size);

/// Writes the 107 bytes at the front of a share.
void pack_header(const share_layout& layout, mutable_byte_view out);

/// Reads the first 107 bytes of a share; looks at nothing behind them.
share_result<share_layout> parse_layout(byte_view first_bytes);

} // namespace truckee::codec
