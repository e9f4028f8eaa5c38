#pragma once

#include "truckee/codec/share_layout.hpp"

#include <array>

/// Where everything lies in an MDMF share. Source: docs/formats.md section 9.
///
///   offset  bytes
///        0      1  version, 1
///        1      8  sequence number
///        9     32  root hash of the share hash tree    0..40: the checkstring
///       41      1  k
///       42      1  N
///       43      8  segment size
///       51      8  data length                         0..58: the signed prefix
///       59      8  offset of the encrypted private key
///       67      8  offset of the share hash chain
///       75      8  offset of the signature
///       83      8  offset of the public key
///       91      8  end of the public key
///       99      8  offset of the share data
///      107      8  offset of the block hash tree
///      115      8  end of the share
///      123         private key, chain, signature, public key, tightly, in that order; then zeros
///     2167         share data: of each segment a salt and a block; then the block hash tree, all its nodes
namespace truckee::codec::mdmf {

inline constexpr std::size_t checkstring_size = 41;
inline constexpr std::size_t signed_prefix_size = 59;
inline constexpr std::size_t header_size = 123;
/// What stands before each block.
inline constexpr std::size_t salt_size = crypto::version_salt::size;
/// Where the share data of a new share begins, however long its keys are.
inline constexpr std::uint64_t share_data_at = 2167;
/// Of the content in one segment, before it is rounded up to a multiple of k.
inline constexpr std::uint64_t segment_size_base = 131072;
/// Segments of one file, for whose trees 32 bits count the nodes.
inline constexpr std::uint64_t segments_max = std::uint64_t{1} << 30;
/// Content of one file: 128 TiB. Sums of offsets and lengths below this cannot overflow.
inline constexpr std::uint64_t data_length_max = segments_max * segment_size_base;

std::array<std::byte, signed_prefix_size> pack_prefix(const share_header& header);

/// Bytes of content in a full segment; the same for short and empty files.
std::uint64_t segment_size(encoding shape);

// -- segments; the header must be one that parse_layout or make_layout gave --

std::uint64_t segment_count(const share_header& header);
/// Bytes of content in segment `index`, which must be below segment_count.
std::uint64_t segment_length(const share_header& header, std::uint64_t index);

/// Segments that lie one behind the other.
struct segment_range {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  friend bool operator==(const segment_range&, const segment_range&) = default;
};

segment_range all_segments(const share_header& header);
/// Whether the file has all of these; what follows is for such only.
bool has_segments(const share_header& header, const segment_range& segments);
/// The segments that have bytes of the content from `offset` on, `length` of them; cut where the content ends.
segment_range touched_segments(const share_header& header, std::uint64_t offset, std::uint64_t length);
/// The content of these segments, within the file; cut where the content ends.
byte_range content_of(const share_header& header, const segment_range& segments);

/// Where segment `index` lies in the share data: its salt and block, from the first byte of the share data.
byte_range salted_block(const share_header& header, std::uint64_t index);
/// The same of several segments.
byte_range salted_blocks(const share_header& header, const segment_range& segments);

/// Bytes of a block hash tree with all its nodes.
std::uint64_t block_hash_tree_length(const share_header& header);

/// The layout of a share to be written, with the segment size of its shape; the content must not be longer than
/// data_length_max.
share_layout make_layout(const share_header& header, std::size_t public_key_size,
                         std::size_t private_key_size);

/// Writes the 123 bytes at the front of a share.
void pack_header(const share_layout& layout, mutable_byte_view out);

/// Reads the first 123 bytes of a share; looks at nothing behind them.
share_result<share_layout> parse_layout(byte_view first_bytes);

} // namespace truckee::codec::mdmf
