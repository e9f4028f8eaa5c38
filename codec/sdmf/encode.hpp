#pragma once

#include "truckee/codec/pipeline/encode.hpp"
#include "truckee/codec/sdmf/layout.hpp"

namespace truckee::codec::sdmf {

/// Bytes of one whole share: keys, signature and hashes are nearly all of it where the content is short.
std::uint64_t share_size(std::uint64_t content_length, encoding shape, const crypto::private_key& key);

/// Encrypts, encodes, hashes and signs content into N shares. Takes 16 bytes of salt from context.random,
/// then 32 of PSS salt where the request has none. Memory: the shares (N/k times the content) and little more; the content is copied
/// nowhere else.
result<encoded_file> encode(const encode_request& request, const codec_context& context);

} // namespace truckee::codec::sdmf
