#pragma once

#include "truckee/codec/mdmf/layout.hpp"
#include "truckee/codec/share.hpp"

#include <span>
#include <vector>

/// What of a large block hash tree leads from some segments' blocks to the share's root, so that who reads a part of a large
/// file needs no more than that of the tree: its uppermost levels, and the leaves of the segments and of their neighbours up to
/// where a subtree begins and ends. Both grow with the square root of the file's size at most, whatever it claims.
namespace truckee::codec::mdmf {

/// Nodes are counted as docs/formats.md section 9 does: the root is 0, those below node n are 2n + 1 and 2n + 2.
struct tree_cut {
  std::uint64_t top = 0; ///< nodes from the root on: whole levels
  segment_range leaves;  ///< of the last level; none where they are within `top`, or no segment is wanted
  bool whole = true;     ///< `top` is all of the tree
};

/// The cut for these segments, which the file has; all of the tree where that is not much more.
tree_cut cut_for(const share_header& header, const segment_range& segments);

/// Where its parts lie in the block hash tree, from its first byte: the top, and the leaves where there are any.
std::vector<byte_range> parts_of(const share_header& header, const tree_cut& cut);

/// As verify_hashes, of the cut: what is in it leads through the share hash chain to the root hash in the header. `parts` are
/// those of parts_of; other lengths are an error.
share_result<void> verify_cut(const share_header& header, share_number share, byte_view share_hash_chain,
                              const tree_cut& cut, std::span<const byte_view> parts);

/// As verify_blocks, against a cut that is verified and was made for these segments.
share_result<void> verify_cut_blocks(const share_header& header, const tree_cut& cut,
                                     std::span<const byte_view> parts, const segment_range& segments,
                                     byte_view salted_blocks);

} // namespace truckee::codec::mdmf
