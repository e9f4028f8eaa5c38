#include "truckee/codec/sdmf/decode.hpp"

#include "truckee/codec/pipeline/decode.hpp"

namespace truckee::codec::sdmf {

result<shared_bytes> decode(const share_header& header, const crypto::read_key& key,
                            std::span<const numbered_block> blocks, erasure_codes& codes) {
  const auto code = codes.get(header.shape);
  if (!code)
    return tl::unexpected(code.error());
  const auto block = block_size(header.data_length, header.shape);
  if (const auto good = check_blocks(header.shape, blocks, block); !good)
    return tl::unexpected(good.error());
  try {
    buffer content(block * header.shape.needed);
    const auto decoded = decode_segment(**code, crypto::derive_data_key(header.salt, key), blocks,
                                        content.view(), header.data_length);
    if (!decoded)
      return tl::unexpected(decoded.error());
    return shared_bytes(std::move(content)).slice(0, header.data_length);
  } catch (const std::bad_alloc&) {
    return fail(errc::too_large,
                "not enough memory for " + std::to_string(header.data_length) + " bytes of content");
  }
}

} // namespace truckee::codec::sdmf
