#include "truckee/codec/sdmf/encode.hpp"

#include "truckee/codec/pipeline/encode_run.hpp"

namespace truckee::codec::sdmf {

namespace {

/// One segment, whose salt is the version's and stands in the header.
class sdmf_run final : public encode_run {
public:
  using encode_run::encode_run;

private:
  share_layout layout_for(const share_header& header, std::size_t public_key_size,
                          std::size_t private_key_size) const override {
    return make_layout(header, public_key_size, private_key_size);
  }

  std::vector<segment_place> segments_of(const share_layout& layout) const override {
    return {{{0, layout.header.data_length}, layout.share_data, layout.share_data}};
  }

  std::vector<crypto::version_salt> take_salts(share_layout& layout,
                                               std::span<const segment_place>) override {
    if (request().again == nullptr)
      layout.header.salt = context().random.make<crypto::version_salt>();
    return {layout.header.salt};
  }

  bytes pack_prefix_of(const share_header& header) const override { return to_bytes(pack_prefix(header)); }

  void pack_header_of(const share_layout& layout, mutable_byte_view out) const override {
    pack_header(layout, out);
  }
};

} // namespace

std::uint64_t share_size(std::uint64_t content_length, encoding shape, const crypto::private_key& key) {
  share_header header;
  header.shape = shape;
  header.data_length = content_length;
  return make_layout(header, key.public_half().der().size(), key.der().size()).length();
}

result<encoded_file> encode(const encode_request& request, const codec_context& context) {
  return sdmf_run(request, context).run();
}

} // namespace truckee::codec::sdmf
