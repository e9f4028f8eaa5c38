#include "truckee/codec/sdmf/decode.hpp"

#include "truckee/crypto/aes_ctr.hpp"

namespace truckee::codec {

result<shared_bytes> decode_sdmf(const share_header& header, const crypto::read_key& key,
                                 std::span<const numbered_block> blocks, erasure_codes& codes) {
  const auto code = codes.get(header.shape);
  if (!code)
    return tl::unexpected(code.error());
  const auto block = block_size(header.data_length, header.shape);
  if (blocks.size() < header.shape.needed)
    return fail(errc::not_enough_shares, std::to_string(header.shape.needed) + " blocks are needed, " +
                                             std::to_string(blocks.size()) + " are here");
  // Before anything is allocated: a header may claim more bytes than anybody has.
  for (const auto& one : blocks)
    if (one.block.size() != block)
      return fail(errc::malformed, "block " + std::to_string(one.share.value) + " has " +
                                       std::to_string(one.block.size()) + " bytes, the header asks for " +
                                       std::to_string(block));
  try {
    buffer content(block * header.shape.needed);
    std::vector<mutable_byte_view> pieces;
    for (std::size_t i = 0; i < header.shape.needed; ++i)
      pieces.push_back(content.view().subspan(i * block, block));
    if (const auto decoded = (*code)->decode(blocks, pieces); !decoded)
      return tl::unexpected(decoded.error());
    const auto text = content.view().first(header.data_length);
    crypto::aes_ctr(crypto::derive_data_key(header.salt, key)).apply(text, text);
    return shared_bytes(std::move(content)).slice(0, header.data_length);
  } catch (const std::bad_alloc&) {
    return fail(errc::too_large,
                "not enough memory for " + std::to_string(header.data_length) + " bytes of content");
  }
}

} // namespace truckee::codec
