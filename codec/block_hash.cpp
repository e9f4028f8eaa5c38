#include "truckee/codec/block_hash.hpp"

#include "truckee/codec/merkle_tree.hpp"
#include "truckee/crypto/sha256_lanes.hpp"
#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/crypto/tags.hpp"

#include <algorithm>

namespace truckee::codec {

hash256 block_hash(byte_view block) {
  return block.empty() ? empty_leaf_hash(0) : crypto::tagged_hash(crypto::tags::block, block);
}

namespace {

/// So many groups that each is hashed side by side and that every thread gets as many as the others.
std::size_t group_count(std::size_t blocks, std::size_t threads) {
  const auto lanes = crypto::lanes();
  const auto groups = (blocks + lanes - 1) / lanes;
  return std::min(blocks, (groups + threads - 1) / threads * threads);
}

} // namespace

std::vector<hash256> hash_many(std::span<const byte_view> blocks, executor& workers) {
  std::vector<hash256> out(blocks.size());
  std::size_t total = 0;
  for (const auto block : blocks)
    total += block.size();
  const auto hash = [&](std::size_t first, std::size_t end) {
    crypto::tagged_hashes(crypto::tags::block, blocks.subspan(first, end - first),
                          std::span(out).subspan(first, end - first));
  };
  if (total >= parallel_bytes_min && workers.threads() > 0) {
    const auto groups = group_count(blocks.size(), workers.threads() + 1);
    workers.for_each(
        groups, [&](std::size_t i) { hash(i * blocks.size() / groups, (i + 1) * blocks.size() / groups); });
  } else {
    hash(0, blocks.size());
  }
  // No bytes at all are no value that was hashed, but the empty leaf.
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (blocks[i].empty())
      out[i] = block_hash(blocks[i]);
  return out;
}

} // namespace truckee::codec
