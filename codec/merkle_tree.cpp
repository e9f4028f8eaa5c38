#include "truckee/codec/merkle_tree.hpp"

#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/crypto/tags.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace truckee::codec {

namespace {

std::uint32_t padded(std::uint32_t leaves) {
  return std::bit_ceil(std::max(leaves, 1U));
}

std::uint32_t sibling(std::uint32_t node) {
  return node % 2 == 1 ? node + 1 : node - 1;
}
std::uint32_t parent(std::uint32_t node) {
  return (node - 1) / 2;
}

} // namespace

hash256 tree_node_hash(const hash256& left, const hash256& right) {
  return crypto::tagged_pair_hash(crypto::tags::tree_node, left.view(), right.view());
}

hash256 empty_leaf_hash(std::uint32_t index) {
  return crypto::tagged_hash(crypto::tags::empty_leaf, as_bytes(std::to_string(index)));
}

merkle_tree::merkle_tree(std::span<const hash256> leaves) {
  const auto count = static_cast<std::uint32_t>(leaves.size());
  const auto width = padded(count);
  nodes_.resize(2 * width - 1);
  for (std::uint32_t i = 0; i < width; ++i)
    nodes_[width - 1 + i] = i < count ? leaves[i] : empty_leaf_hash(i);
  for (auto i = width - 1; i-- > 0;)
    nodes_[i] = tree_node_hash(nodes_[2 * i + 1], nodes_[2 * i + 2]);
}

std::uint32_t leaf_node(std::uint32_t leaf, std::uint32_t leaves) {
  return padded(leaves) - 1 + leaf;
}

std::vector<std::uint32_t> needed_hashes(std::uint32_t leaf, std::uint32_t leaves) {
  std::vector<std::uint32_t> out;
  for (auto node = leaf_node(leaf, leaves); node != 0; node = parent(node))
    out.push_back(sibling(node));
  std::reverse(out.begin(), out.end()); // each level's numbers are below the next one's
  return out;
}

std::optional<hash256> root_from_chain(std::uint32_t leaf, std::uint32_t leaves, const hash256& leaf_hash,
                                       std::span<const chain_entry> chain) {
  if (leaf >= std::max(leaves, 1U))
    return std::nullopt;
  auto hash = leaf_hash;
  std::size_t used = 0;
  for (auto node = leaf_node(leaf, leaves); node != 0; node = parent(node)) {
    const auto other = std::find_if(chain.begin(), chain.end(),
                                    [&](const chain_entry& entry) { return entry.node == sibling(node); });
    if (other == chain.end())
      return std::nullopt;
    ++used;
    hash = node % 2 == 1 ? tree_node_hash(hash, other->hash) : tree_node_hash(other->hash, hash);
  }
  if (used != chain.size()) // entries nobody needs, or one twice
    return std::nullopt;
  return hash;
}

} // namespace truckee::codec
