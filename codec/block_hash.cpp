#include "truckee/codec/block_hash.hpp"

#include "truckee/codec/merkle_tree.hpp"
#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/crypto/tags.hpp"

namespace truckee::codec {

hash256 block_hash(byte_view block) {
  return block.empty() ? empty_leaf_hash(0) : crypto::tagged_hash(crypto::tags::block, block);
}

std::vector<hash256> hash_many(std::span<const byte_view> blocks, executor& workers) {
  std::vector<hash256> out(blocks.size());
  std::size_t total = 0;
  for (const auto block : blocks)
    total += block.size();
  const auto one = [&](std::size_t i) { out[i] = block_hash(blocks[i]); };
  if (total >= parallel_bytes_min && workers.threads() > 0)
    workers.for_each(blocks.size(), one);
  else
    for (std::size_t i = 0; i < blocks.size(); ++i)
      one(i);
  return out;
}

} // namespace truckee::codec
