#pragma once

#include "truckee/codec/erasure/erasure_code.hpp"
#include "truckee/crypto/keys.hpp"

#include <vector>

namespace truckee::codec {

/// k blocks are here and all have `size` bytes. To be asked before anything is allocated: a header may claim more bytes
/// than anybody has. errc::not_enough_shares or errc::malformed.
result<void> check_blocks(encoding shape, std::span<const numbered_block> blocks, std::uint64_t size);

/// One segment from k or more of its blocks: the pieces go into `out`, which is k blocks long, and the first `length`
/// bytes of it are then decrypted.
result<void> decode_segment(const erasure_code& code, const crypto::data_key& key,
                            std::span<const numbered_block> blocks, mutable_byte_view out,
                            std::size_t length);

} // namespace truckee::codec
