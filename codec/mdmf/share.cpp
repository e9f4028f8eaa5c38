#include "truckee/codec/mdmf/share.hpp"

#include "truckee/crypto/sha256_lanes.hpp"
#include "truckee/crypto/tags.hpp"

namespace truckee::codec::mdmf {

namespace {

hash256 node_at(byte_view tree, std::uint64_t node) {
  return *hash256::from(tree.subspan(node * hash256::size, hash256::size));
}

share_result<void> check_tree_length(const share_header& header, byte_view tree) {
  if (tree.size() != block_hash_tree_length(header))
    return share_fail(share_field::block_hash_tree, share_fault::malformed,
                      std::to_string(tree.size()) + " bytes, where " + std::to_string(segment_count(header)) +
                          " segments have " + std::to_string(block_hash_tree_length(header)));
  return {};
}

/// The root, if every node above the leaves is the hash of the two below it.
share_result<hash256> root_of(const share_header& header, byte_view tree) {
  if (const auto good = check_tree_length(header, tree); !good)
    return tl::unexpected(good.error());
  const auto inner = tree.size() / hash256::size / 2;
  for (auto node = inner; node-- > 0;)
    if (tree_node_hash(node_at(tree, 2 * node + 1), node_at(tree, 2 * node + 2)) != node_at(tree, node))
      return share_fail(share_field::block_hash_tree, share_fault::mismatch,
                        "node " + std::to_string(node) + " is not the hash of the two below it");
  if (segment_count(header) == 0 && node_at(tree, 0) != empty_leaf_hash(0))
    return share_fail(share_field::block_hash_tree, share_fault::mismatch,
                      "an empty file has the empty leaf in it, and here is another one");
  return node_at(tree, 0);
}

} // namespace

share_result<share_head> parse_share_head(byte_view first_bytes) {
  return parse_layout(first_bytes).map([&](const share_layout& layout) {
    return share_head(layout, first_bytes);
  });
}

share_result<share_view> parse_share(byte_view share) {
  return parse_share_head(share).and_then(view_whole);
}

share_result<void> verify_hashes(const share_header& header, share_number share, byte_view share_hash_chain,
                                 byte_view block_hash_tree) {
  return root_of(header, block_hash_tree).and_then([&](const hash256& root) {
    return verify_chain(header, share, root, share_hash_chain);
  });
}

share_result<void> verify_blocks(const share_header& header, byte_view tree, const segment_range& segments,
                                 byte_view blocks) {
  if (const auto good = check_tree_length(header, tree); !good)
    return good;
  return verify_blocks_under(header, tree.subspan(tree.size() / hash256::size / 2 * hash256::size), 0,
                             segments, blocks);
}

share_result<void> verify_blocks_under(const share_header& header, byte_view leaves, std::uint64_t first_leaf,
                                       const segment_range& segments, byte_view blocks) {
  if (!has_segments(header, segments))
    return share_fail(share_field::share_data, share_fault::out_of_range,
                      "segment " + std::to_string(segments.first + segments.count - 1) + " of " +
                          std::to_string(segment_count(header)));
  const auto place = salted_blocks(header, segments);
  if (blocks.size() != place.length)
    return share_fail(share_field::share_data, share_fault::truncated,
                      std::to_string(blocks.size()) + " bytes of " + std::to_string(segments.count) +
                          " segments, which have " + std::to_string(place.length));
  std::vector<byte_view> each;
  each.reserve(segments.count);
  for (std::uint64_t i = 0; i < segments.count; ++i) {
    const auto block = salted_block(header, segments.first + i);
    each.push_back(blocks.subspan(block.offset - place.offset, block.length));
  }
  std::vector<hash256> hashes(each.size());
  crypto::tagged_hashes(crypto::tags::block, each, hashes);
  const auto before = segments.first - first_leaf;
  for (std::uint64_t i = 0; i < segments.count; ++i)
    if (hashes[i] != node_at(leaves, before + i))
      return share_fail(share_field::share_data, share_fault::mismatch,
                        "segment " + std::to_string(segments.first + i) +
                            " is not what the block hash tree says");
  return {};
}

share_result<void> verify_content(const share_view& share, share_number number) {
  const auto& header = share.header();
  return verify_hashes(header, number, share.share_hash_chain, share.block_hash_tree).and_then([&] {
    return verify_blocks(header, share.block_hash_tree, all_segments(header), share.share_data);
  });
}

share_result<void> verify_share(const share_view& share, share_number number,
                                const crypto::fingerprint& expected) {
  return verify_public_key(share.public_key, expected)
      .and_then([&](const crypto::public_key& key) {
        return verify_signature(key, share.signed_prefix, share.signature);
      })
      .and_then([&] { return verify_content(share, number); });
}

} // namespace truckee::codec::mdmf
