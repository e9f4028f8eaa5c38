#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/codec/erasure/erasure_code.hpp"
#include "truckee/codec/sdmf/layout.hpp"

namespace truckee::codec::sdmf {

/// The content of one version from k or more of its verified blocks, by ascending share number best (pieces
/// of the data itself need no computing). errc::not_enough_shares below k; errc::malformed where blocks do
/// not fit the header. Allocates the content once; the blocks' sizes, not the header, decide how much.
result<shared_bytes> decode(const share_header& header, const crypto::read_key& key,
                            std::span<const numbered_block> blocks, erasure_codes& codes);

} // namespace truckee::codec::sdmf
