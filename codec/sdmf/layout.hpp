#pragma once

#include "truckee/codec/share_layout.hpp"

#include <array>

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
namespace truckee::codec::sdmf {

inline constexpr std::size_t checkstring_size = 57;
inline constexpr std::size_t signed_prefix_size = 75;
inline constexpr std::size_t header_size = 107;

using checkstring_bytes = std::array<std::byte, checkstring_size>;
using signed_prefix_bytes = std::array<std::byte, signed_prefix_size>;

signed_prefix_bytes pack_prefix(const share_header& header);
checkstring_bytes pack_checkstring(const share_header& header);

/// The layout of a share to be written.
share_layout make_layout(const share_header& header, std::size_t public_key_size,
                         std::size_t private_key_size);

/// Writes the 107 bytes at the front of a share.
void pack_header(const share_layout& layout, mutable_byte_view out);

/// Reads the first 107 bytes of a share; looks at nothing behind them.
share_result<share_layout> parse_layout(byte_view first_bytes);

} // namespace truckee::codec::sdmf
