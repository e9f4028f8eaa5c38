#pragma once

#include "truckee/codec/mdmf/layout.hpp"
#include "truckee/codec/share.hpp"

/// MDMF shares: what of their verification is theirs alone. Blocks are verified one by one, each against the block hash
/// tree, and that against the signed root, so that who reads a part needs no more than its blocks.
namespace truckee::codec::mdmf {

/// Parses the beginning of a share. Fewer than 123 bytes, and another version than MDMF's, are errors.
share_result<share_head> parse_share_head(byte_view first_bytes);

/// Parses a whole share; bytes behind its end (an older, longer share's tail) are ignored.
share_result<share_view> parse_share(byte_view share);

/// Leads block hash tree and share hash chain of this share number to the root hash in the header: every inner node of the
/// tree is the hash of the two below it.
share_result<void> verify_hashes(const share_header& header, share_number share, byte_view share_hash_chain,
                                 byte_view block_hash_tree);

/// Salts and blocks of these segments, one behind the other, against the (verified) block hash tree. The error names the
/// first segment that is wrong.
share_result<void> verify_blocks(const share_header& header, byte_view block_hash_tree,
                                 const segment_range& segments, byte_view salted_blocks);

/// The same against leaves of that tree, verified likewise: those of the segments from `first_leaf` on, which are all that is
/// needed of it.
share_result<void> verify_blocks_under(const share_header& header, byte_view leaves, std::uint64_t first_leaf,
                                       const segment_range& segments, byte_view salted_blocks);

/// Hashes and all blocks of a whole share.
share_result<void> verify_content(const share_view& share, share_number number);

/// All of the above but for the private key: what a verified share needs, no matter what other shares looked
/// like.
share_result<void> verify_share(const share_view& share, share_number number,
                                const crypto::fingerprint& expected);

} // namespace truckee::codec::mdmf
