#include "truckee/codec/sdmf/share.hpp"

#include "truckee/codec/block_hash.hpp"

namespace truckee::codec::sdmf {

namespace {

/// The root of the block hash tree: an SDMF share has one block, so the tree is one leaf.
share_result<hash256> block_root(byte_view block_hash_tree) {
  const auto root = hash256::from(block_hash_tree);
  if (!root)
    return share_fail(share_field::block_hash_tree, share_fault::malformed,
                      std::to_string(block_hash_tree.size()) + " bytes, where one hash is expected");
  return *root;
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
  return block_root(block_hash_tree).and_then([&](const hash256& root) {
    return verify_chain(header, share, root, share_hash_chain);
  });
}

share_result<void> verify_block(byte_view block_hash_tree, byte_view block) {
  const auto leaf = block_root(block_hash_tree);
  if (!leaf)
    return tl::unexpected(leaf.error());
  if (block_hash(block) != *leaf)
    return share_fail(share_field::share_data, share_fault::mismatch, "not what the block hash tree says");
  return {};
}

share_result<void> verify_content(const share_view& share, share_number number) {
  return verify_hashes(share.header(), number, share.share_hash_chain, share.block_hash_tree).and_then([&] {
    return verify_block(share.block_hash_tree, share.share_data);
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

} // namespace truckee::codec::sdmf
