#include "truckee/codec/sdmf/share.hpp"

#include "truckee/codec/block_hash.hpp"
#include "truckee/crypto/aes_ctr.hpp"

namespace truckee::codec {

namespace {

constexpr std::array<share_field, 6> parts{share_field::public_key,       share_field::signature,
                                           share_field::share_hash_chain, share_field::block_hash_tree,
                                           share_field::share_data,       share_field::encrypted_private_key};

/// The root of the block hash tree: an SDMF share has one block, so the tree is one leaf.
share_result<hash256> block_root(byte_view block_hash_tree) {
  const auto root = hash256::from(block_hash_tree);
  if (!root)
    return share_fail(share_field::block_hash_tree, share_fault::malformed,
                      std::to_string(block_hash_tree.size()) + " bytes, where one hash is expected");
  return *root;
}

} // namespace

std::optional<byte_view> share_head::part(share_field field) const {
  const auto& range = layout_.range(field);
  if (range.end() > given_.size())
    return std::nullopt;
  return given_.subspan(range.offset, range.length);
}

std::optional<byte_range> share_head::missing(share_field field) const {
  if (part(field))
    return std::nullopt;
  return layout_.range(field);
}

share_result<share_head> parse_share_head(byte_view first_bytes) {
  auto layout = parse_layout(first_bytes);
  if (!layout)
    return tl::unexpected(std::move(layout.error()));
  return share_head(*layout, first_bytes);
}

share_result<share_view> parse_share(byte_view share) {
  auto head = parse_share_head(share);
  if (!head)
    return tl::unexpected(std::move(head.error()));
  for (const auto field : parts)
    if (const auto range = head->missing(field))
      return share_fail(field, share_fault::truncated,
                        "ends at " + std::to_string(range->end()) + ", the share at " +
                            std::to_string(share.size()));
  return share_view{head->layout(),
                    head->signed_prefix(),
                    head->checkstring(),
                    *head->part(share_field::public_key),
                    *head->part(share_field::signature),
                    *head->part(share_field::share_hash_chain),
                    *head->part(share_field::block_hash_tree),
                    *head->part(share_field::share_data),
                    *head->part(share_field::encrypted_private_key)};
}

share_result<std::vector<chain_entry>> parse_share_hash_chain(byte_view chain) {
  if (chain.size() % chain_entry_size != 0)
    return share_fail(share_field::share_hash_chain, share_fault::malformed,
                      std::to_string(chain.size()) + " bytes are not whole entries");
  std::vector<chain_entry> out;
  out.reserve(chain.size() / chain_entry_size);
  for (; !chain.empty(); chain = chain.subspan(chain_entry_size))
    out.push_back({load_be<std::uint16_t>(chain.first(2)), *hash256::from(chain.subspan(2, hash256::size))});
  return out;
}

share_result<crypto::public_key> verify_public_key(byte_view public_key_der,
                                                   const crypto::fingerprint& expected) {
  if (crypto::derive_fingerprint(public_key_der) != expected)
    return share_fail(share_field::public_key, share_fault::mismatch,
                      "not the one the capability's fingerprint names");
  auto key = crypto::public_key::from_der(public_key_der);
  if (!key)
    return share_fail(share_field::public_key, share_fault::malformed, key.error().detail);
  return std::move(*key);
}

share_result<void> verify_signature(const crypto::public_key& key, byte_view signed_prefix,
                                    byte_view signature) {
  if (!key.verify(signed_prefix, signature))
    return share_fail(share_field::signature, share_fault::mismatch, "the key did not sign this header");
  return {};
}

share_result<void> verify_hashes(const share_header& header, share_number share, byte_view share_hash_chain,
                                 byte_view block_hash_tree) {
  if (share.value >= header.shape.total)
    return share_fail(share_field::total, share_fault::inconsistent,
                      "share number " + std::to_string(share.value) + " of a file with " +
                          std::to_string(header.shape.total) + " shares");
  const auto leaf = block_root(block_hash_tree);
  if (!leaf)
    return tl::unexpected(leaf.error());
  const auto chain = parse_share_hash_chain(share_hash_chain);
  if (!chain)
    return tl::unexpected(chain.error());
  const auto root = root_from_chain(share.value, header.shape.total, *leaf, *chain);
  if (!root)
    return share_fail(share_field::share_hash_chain, share_fault::inconsistent,
                      "does not hold exactly the hashes between share " + std::to_string(share.value) +
                          " and the root");
  if (*root != header.root_hash)
    return share_fail(share_field::share_hash_chain, share_fault::mismatch,
                      "with the block hash tree it does not lead to the signed root hash");
  return {};
}

share_result<void> verify_block(byte_view block_hash_tree, byte_view block) {
  const auto leaf = block_root(block_hash_tree);
  if (!leaf)
    return tl::unexpected(leaf.error());
  if (block_hash(block) != *leaf)
    return share_fail(share_field::share_data, share_fault::mismatch, "not what the block hash tree says");
  return {};
}

share_result<crypto::private_key> decrypt_private_key(byte_view encrypted, const crypto::write_key& key) {
  auto der = to_bytes(encrypted);
  crypto::aes_ctr(key).apply(der, der);
  const bool proved = crypto::derive_write_key(der) == key;
  auto parsed = proved ? crypto::private_key::from_der(der) : fail(errc::corrupt, {});
  wipe(der);
  if (!proved)
    return share_fail(share_field::encrypted_private_key, share_fault::mismatch,
                      "its hash is not the write key");
  if (!parsed)
    return share_fail(share_field::encrypted_private_key, share_fault::malformed, parsed.error().detail);
  return std::move(*parsed);
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

} // namespace truckee::codec
