#include "truckee/codec/mdmf/decode.hpp"

#include "truckee/codec/pipeline/decode.hpp"

#include <algorithm>

namespace truckee::codec::mdmf {

namespace {

/// What all blocks of a segment begin with.
result<crypto::version_salt> take_salt(std::uint64_t segment, std::vector<numbered_block>& blocks) {
  const auto salt = *crypto::version_salt::from(blocks.front().block.first(salt_size));
  for (auto& one : blocks) {
    if (!equal(one.block.first(salt_size), salt.view()))
      return fail(errc::corrupt, "shares " + std::to_string(blocks.front().share.value) + " and " +
                                     std::to_string(one.share.value) + " differ in the salt of segment " +
                                     std::to_string(segment) + ", and both are signed");
    one.block = one.block.subspan(salt_size);
  }
  return salt;
}

} // namespace

result<shared_bytes> decode(const share_header& header, const crypto::read_key& key,
                            const segment_range& segments, std::span<const numbered_block> blocks,
                            erasure_codes& codes) {
  const auto code = codes.get(header.shape);
  if (!code)
    return tl::unexpected(code.error());
  if (header.segment_size != segment_size(header.shape))
    return fail(errc::malformed, "segments of " + std::to_string(header.segment_size) +
                                     " bytes do not follow from the needed shares");
  if (!has_segments(header, segments))
    return fail(errc::usage, "the file has " + std::to_string(segment_count(header)) + " segments");
  const auto all = salted_blocks(header, segments);
  if (const auto good = check_blocks(header.shape, blocks, all.length); !good)
    return tl::unexpected(good.error());
  const auto content = content_of(header, segments);
  try {
    // Room for the last one's padding, which is cut off.
    buffer out(all.length == 0 ? 0 : (all.length - segments.count * salt_size) * header.shape.needed);
    std::uint64_t at = 0;
    std::vector<numbered_block> here;
    for (auto i = segments.first; i < segments.first + segments.count; ++i) {
      const auto place = salted_block(header, i);
      here.assign(blocks.begin(), blocks.end());
      for (auto& one : here)
        one.block = one.block.subspan(place.offset - all.offset, place.length);
      const auto salt = take_salt(i, here);
      if (!salt)
        return tl::unexpected(salt.error());
      const auto room = (place.length - salt_size) * header.shape.needed;
      const auto decoded = decode_segment(**code, crypto::derive_data_key(*salt, key), here,
                                          out.view().subspan(at, room), segment_length(header, i));
      if (!decoded)
        return tl::unexpected(decoded.error());
      at += room;
    }
    return shared_bytes(std::move(out)).slice(0, content.length);
  } catch (const std::bad_alloc&) {
    return fail(errc::too_large,
                "not enough memory for " + std::to_string(content.length) + " bytes of content");
  }
}

std::optional<std::vector<crypto::version_salt>> salts_of(const share_header& header,
                                                          const segment_range& segments, byte_view salted) {
  const auto all = salted_blocks(header, segments);
  if (salted.size() != all.length)
    return std::nullopt;
  std::vector<crypto::version_salt> out;
  out.reserve(segments.count);
  for (std::uint64_t i = 0; i < segments.count; ++i) {
    const auto at = salted_block(header, segments.first + i).offset - all.offset;
    out.push_back(*crypto::version_salt::from(salted.subspan(at, salt_size)));
  }
  return out;
}

} // namespace truckee::codec::mdmf
