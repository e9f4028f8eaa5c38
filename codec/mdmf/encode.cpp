#include "truckee/codec/mdmf/encode.hpp"

#include "truckee/codec/pipeline/encode_run.hpp"

#include <algorithm>

namespace truckee::codec::mdmf {

namespace {

/// Segments of 128 KiB, each with its salt before its block.
class mdmf_run final : public encode_run {
public:
  using encode_run::encode_run;

private:
  share_layout layout_for(const share_header& header, std::size_t public_key_size,
                          std::size_t private_key_size) const override {
    return make_layout(header, public_key_size, private_key_size);
  }

  std::vector<segment_place> segments_of(const share_layout& layout) const override {
    std::vector<segment_place> out;
    const auto& header = layout.header;
    out.reserve(segment_count(header));
    for (std::uint64_t i = 0; i < segment_count(header); ++i) {
      const auto salted = salted_block(header, i);
      const auto at = layout.share_data.offset + salted.offset;
      out.push_back(
          {content_of(header, {i, 1}), {at + salt_size, salted.length - salt_size}, {at, salted.length}});
    }
    return out;
  }

  std::vector<crypto::version_salt> take_salts(share_layout&,
                                               std::span<const segment_place> segments) override {
    std::vector<crypto::version_salt> salts;
    if (request().again != nullptr) {
      salts = request().again->salts;
    } else {
      salts.reserve(segments.size());
      for (std::size_t s = 0; s < segments.size(); ++s)
        salts.push_back(context().random.make<crypto::version_salt>());
    }
    for (std::size_t s = 0; s < segments.size(); ++s)
      for (std::size_t i = 0; i < shape().total; ++i)
        std::ranges::copy(salts[s].data, region(i, {segments[s].hashed.offset, salt_size}).begin());
    return salts;
  }

  bytes pack_prefix_of(const share_header& header) const override { return to_bytes(pack_prefix(header)); }

  /// With the zeros before the share data: used memory has other bytes there.
  void pack_header_of(const share_layout& layout, mutable_byte_view out) const override {
    pack_header(layout, out);
    const auto gap = out.subspan(layout.public_key.end(), layout.share_data.offset - layout.public_key.end());
    std::ranges::fill(gap, std::byte{0});
  }
};

/// Of a version with as many bytes and that shape.
share_header header_for(std::uint64_t content_length, encoding shape) {
  share_header out;
  out.shape = shape;
  out.segment_size = segment_size(shape);
  out.data_length = content_length;
  return out;
}

} // namespace

std::uint64_t share_size(std::uint64_t content_length, encoding shape, const crypto::private_key& key) {
  return make_layout(header_for(content_length, shape), key.public_half().der().size(), key.der().size())
      .length();
}

result<encoded_file> encode(const encode_request& request, const codec_context& context) {
  const auto size = request.content.size();
  if (size > data_length_max)
    return fail(errc::too_large, std::to_string(size) + " bytes of content, and no file has more than " +
                                     std::to_string(data_length_max));
  if (const auto* again = request.again;
      again != nullptr && is_valid(again->header.shape) &&
      again->salts.size() != segment_count(header_for(size, again->header.shape)))
    return fail(errc::corrupt, "the content is not that of the version whose shares are to be made again");
  return mdmf_run(request, context).run();
}

} // namespace truckee::codec::mdmf
