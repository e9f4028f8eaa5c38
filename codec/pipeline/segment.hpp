#pragma once

#include "truckee/codec/erasure/erasure_code.hpp"
#include "truckee/codec/merkle_tree.hpp"
#include "truckee/crypto/keys.hpp"

#include <span>

/// What is done with each segment, and with each share's chain, whoever makes shares.
namespace truckee::codec {

/// Encrypts a segment as one stream straight into the k blocks of its pieces; the padding of the last piece is zero and not
/// encrypted. `blocks` are all N, of one size, which holds the content.
void encrypt_segment(const crypto::data_key& key, byte_view content,
                     std::span<const mutable_byte_view> blocks, std::size_t needed);

/// Makes the other blocks of a segment from its k pieces.
void encode_segment(const erasure_code& code, std::span<const mutable_byte_view> blocks);

/// The entries that lead from a share to the root, as they stand in it; `out` is as long as they are.
void pack_chain(const merkle_tree& tree, std::uint32_t share, std::uint32_t total, mutable_byte_view out);

/// All nodes of a tree, as they stand in a share; `out` is as long as they are.
void pack_tree(const merkle_tree& tree, mutable_byte_view out);
bytes packed(const merkle_tree& tree);

} // namespace truckee::codec
