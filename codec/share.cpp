#include "truckee/codec/share.hpp"

#include "truckee/crypto/aes_ctr.hpp"

#include <array>

namespace truckee::codec {

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

share_result<share_view> view_whole(const share_head& head) {
  constexpr std::array parts{share_field::public_key,       share_field::signature,
                             share_field::share_hash_chain, share_field::block_hash_tree,
                             share_field::share_data,       share_field::encrypted_private_key};
  // Formats differ in the order of parts: what is told is where the bytes end.
  const auto place = [&](share_field field) { return head.layout().range(field).end(); };
  std::optional<share_field> cut;
  for (const auto field : parts)
    if (head.missing(field) && (!cut || place(field) < place(*cut)))
      cut = field;
  if (cut)
    return share_fail(*cut, share_fault::truncated,
                      "ends at " + std::to_string(place(*cut)) + ", the share at " +
                          std::to_string(head.size()));
  return share_view{head.layout(),
                    head.signed_prefix(),
                    head.checkstring(),
                    *head.part(share_field::public_key),
                    *head.part(share_field::signature),
                    *head.part(share_field::share_hash_chain),
                    *head.part(share_field::block_hash_tree),
                    *head.part(share_field::share_data),
                    *head.part(share_field::encrypted_private_key)};
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

share_result<void> verify_chain(const share_header& header, share_number share, const hash256& block_root,
                                byte_view share_hash_chain) {
  if (share.value >= header.shape.total)
    return share_fail(share_field::total, share_fault::inconsistent,
                      "share number " + std::to_string(share.value) + " of a file with " +
                          std::to_string(header.shape.total) + " shares");
  const auto chain = parse_share_hash_chain(share_hash_chain);
  if (!chain)
    return tl::unexpected(chain.error());
  const auto root = root_from_chain(share.value, header.shape.total, block_root, *chain);
  if (!root)
    return share_fail(share_field::share_hash_chain, share_fault::inconsistent,
                      "does not hold exactly the hashes between share " + std::to_string(share.value) +
                          " and the root");
  if (*root != header.root_hash)
    return share_fail(share_field::share_hash_chain, share_fault::mismatch,
                      "with the block hash tree it does not lead to the signed root hash");
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

} // namespace truckee::codec
