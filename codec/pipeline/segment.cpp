#include "truckee/codec/pipeline/segment.hpp"

#include "truckee/codec/share_layout.hpp"
#include "truckee/crypto/aes_ctr.hpp"

#include <algorithm>

namespace truckee::codec {

void encrypt_segment(const crypto::data_key& key, byte_view content,
                     std::span<const mutable_byte_view> blocks, std::size_t needed) {
  crypto::aes_ctr cipher(key);
  for (std::size_t i = 0; i < needed; ++i) {
    const auto out = blocks[i];
    const auto piece = content.first(std::min(content.size(), out.size()));
    cipher.apply(piece, out.first(piece.size()));
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(piece.size()), out.end(), std::byte{0});
    content = content.subspan(piece.size());
  }
}

void encode_segment(const erasure_code& code, std::span<const mutable_byte_view> blocks) {
  const std::size_t needed = code.shape().needed;
  const std::vector<byte_view> pieces(blocks.begin(), blocks.begin() + static_cast<std::ptrdiff_t>(needed));
  code.encode(pieces, blocks.subspan(needed));
}

void pack_chain(const merkle_tree& tree, std::uint32_t share, std::uint32_t total, mutable_byte_view out) {
  for (const auto node : needed_hashes(share, total)) {
    store_be(out.first(2), static_cast<std::uint16_t>(node));
    std::ranges::copy(tree.nodes()[node].data, out.begin() + 2);
    out = out.subspan(chain_entry_size);
  }
}

void pack_tree(const merkle_tree& tree, mutable_byte_view out) {
  for (const auto& node : tree.nodes()) {
    std::ranges::copy(node.data, out.begin());
    out = out.subspan(hash256::size);
  }
}

bytes packed(const merkle_tree& tree) {
  bytes out(tree.nodes().size() * hash256::size);
  pack_tree(tree, out);
  return out;
}

} // namespace truckee::codec
