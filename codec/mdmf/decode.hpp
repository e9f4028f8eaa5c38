#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/codec/erasure/erasure_code.hpp"
#include "truckee/codec/mdmf/layout.hpp"

namespace truckee::codec::mdmf {

/// The content of these segments (content_of) from k or more shares' verified salts and blocks of them (salted_blocks), by
/// ascending share number best. errc::not_enough_shares below k; errc::malformed where blocks do not fit the header;
/// errc::corrupt where the shares differ in a salt, which only the file's own writer can have done. Allocates the content
/// once; the blocks' sizes, not the header, decide how much.
result<shared_bytes> decode(const share_header& header, const crypto::read_key& key,
                            const segment_range& segments, std::span<const numbered_block> blocks,
                            erasure_codes& codes);

/// The salt of each of these segments, in order, from one share's verified salts and blocks of them; nothing where their length
/// is another.
std::optional<std::vector<crypto::version_salt>>
salts_of(const share_header& header, const segment_range& segments, byte_view salted_blocks);

} // namespace truckee::codec::mdmf
