#pragma once

#include "truckee/base/executor.hpp"
#include "truckee/base/ids.hpp"

#include <span>
#include <vector>

namespace truckee::codec {

/// The leaf of a share's block hash tree; for no bytes at all, the empty leaf.
hash256 block_hash(byte_view block);

/// All blocks' hashes, in order; from `parallel_bytes_min` bytes in all up on the pool's threads. The one
/// seam for faster hashing of many blocks: this is most of a publish's work.
std::vector<hash256> hash_many(std::span<const byte_view> blocks, executor& workers);

/// Below this, waking another thread costs more than it saves: N/k times 64 KiB of content at 3-of-10.
inline constexpr std::size_t parallel_bytes_min = 192 * 1024;

} // namespace truckee::codec
