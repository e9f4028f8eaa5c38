#include "truckee/codec/pipeline/decode.hpp"

#include "truckee/crypto/aes_ctr.hpp"

namespace truckee::codec {

result<void> check_blocks(encoding shape, std::span<const numbered_block> blocks, std::uint64_t size) {
  if (blocks.size() < shape.needed)
    return fail(errc::not_enough_shares, std::to_string(shape.needed) + " blocks are needed, " +
                                             std::to_string(blocks.size()) + " are here");
  for (const auto& one : blocks)
    if (one.block.size() != size)
      return fail(errc::malformed, "block " + std::to_string(one.share.value) + " has " +
                                       std::to_string(one.block.size()) + " bytes, the header asks for " +
                                       std::to_string(size));
  return {};
}

result<void> decode_segment(const erasure_code& code, const crypto::data_key& key,
                            std::span<const numbered_block> blocks, mutable_byte_view out,
                            std::size_t length) {
  const std::size_t needed = code.shape().needed;
  const auto size = out.size() / needed;
  std::vector<mutable_byte_view> pieces;
  pieces.reserve(needed);
  for (std::size_t i = 0; i < needed; ++i)
    pieces.push_back(out.subspan(i * size, size));
  return code.decode(blocks, pieces).map([&] {
    const auto text = out.first(length);
    crypto::aes_ctr(key).apply(text, text);
  });
}

} // namespace truckee::codec
