#pragma once

#include "truckee/base/ids.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Merkle trees: leaves padded to a power of two, node 0 the root, children of i at 2i+1 and 2i+2.
/// Source: docs/formats.md section 2.
namespace truckee::codec {

hash256 tree_node_hash(const hash256& left, const hash256& right);
/// What stands in for leaf `index` where there is none.
hash256 empty_leaf_hash(std::uint32_t index);

/// A whole tree in memory, from its leaves up.
class merkle_tree {
public:
  /// No leaf at all counts as one empty leaf.
  explicit merkle_tree(std::span<const hash256> leaves);

  const hash256& root() const { return nodes_.front(); }
  const std::vector<hash256>& nodes() const { return nodes_; }

private:
  std::vector<hash256> nodes_;
};

/// The leaf's node number in a tree of that many leaves.
std::uint32_t leaf_node(std::uint32_t leaf, std::uint32_t leaves);

/// The siblings on the way from the leaf to the root, without both, ascending: what proves the leaf to who
/// has the root.
std::vector<std::uint32_t> needed_hashes(std::uint32_t leaf, std::uint32_t leaves);

/// One node of a chain: its number in the tree and its hash.
struct chain_entry {
  std::uint32_t node = 0;
  hash256 hash;
};

/// The root that follows from a leaf and its chain; nothing if a needed node is missing, or one is there that
/// is not needed, or one is there twice. Entries may come in any order.
std::optional<hash256> root_from_chain(std::uint32_t leaf, std::uint32_t leaves, const hash256& leaf_hash,
                                       std::span<const chain_entry> chain);

} // namespace truckee::codec
