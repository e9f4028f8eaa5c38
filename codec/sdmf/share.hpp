#pragma once

#include "truckee/codec/sdmf/layout.hpp"
#include "truckee/codec/share.hpp"

/// SDMF shares: what of their verification is theirs alone.
namespace truckee::codec::sdmf {

/// Parses the beginning of a share. Fewer than 107 bytes, and another version than SDMF's, are errors.
share_result<share_head> parse_share_head(byte_view first_bytes);

/// Parses a whole share; bytes behind its end (an older, longer share's tail) are ignored.
share_result<share_view> parse_share(byte_view share);

/// Leads share hash chain and block hash tree of this share number to the root hash in the header.
share_result<void> verify_hashes(const share_header& header, share_number share, byte_view share_hash_chain,
                                 byte_view block_hash_tree);

/// The block against the (verified) block hash tree. An empty file has an empty block.
share_result<void> verify_block(byte_view block_hash_tree, byte_view block);

/// Hashes and block of a whole share.
share_result<void> verify_content(const share_view& share, share_number number);

/// All of the above but for the private key: what a verified share needs, no matter what other shares looked
/// like.
share_result<void> verify_share(const share_view& share, share_number number,
                                const crypto::fingerprint& expected);

} // namespace truckee::codec::sdmf
