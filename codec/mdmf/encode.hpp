#pragma once

#include "truckee/codec/mdmf/layout.hpp"
#include "truckee/codec/pipeline/encode.hpp"

namespace truckee::codec::mdmf {

/// Bytes of one whole share: keys, signature and hashes are nearly all of it where the content is short.
std::uint64_t share_size(std::uint64_t content_length, encoding shape, const crypto::private_key& key);

/// Encrypts, encodes, hashes and signs content into N shares, each segment under a salt of its own. Takes 16 bytes of salt
/// for each segment from context.random, in order, then 32 of PSS salt where the request has none. errc::too_large beyond
/// data_length_max. Memory: as for SDMF, the shares and little more.
result<encoded_file> encode(const encode_request& request, const codec_context& context);

} // namespace truckee::codec::mdmf
