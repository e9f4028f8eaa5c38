#include "truckee/shares/mdmf_format.hpp"

#include "truckee/codec/mdmf/decode.hpp"
#include "truckee/codec/mdmf/encode.hpp"
#include "truckee/codec/mdmf/share.hpp"
#include "truckee/shares/layout_format.hpp"

namespace truckee::shares {

namespace {

class mdmf final : public layout_format {
public:
  /// They stand behind the private key and the share hash chain, which differ in length.
  std::optional<std::uint64_t> signature_offset(byte_view) const override { return std::nullopt; }

  result<decoded_version> decode(const grid::file_version& version, const crypto::read_key& key,
                                 const std::map<share_number, share_body>& bodies,
                                 codec::erasure_codes& codes) const override {
    const auto header = header_of(version);
    std::vector<codec::numbered_block> blocks;
    for (const auto& [share, body] : bodies)
      blocks.push_back({share, body.blocks.view()});
    return codec::mdmf::decode(header, key, codec::mdmf::all_segments(header), blocks, codes)
        .map([&](shared_bytes&& content) {
          return decoded_version{std::move(content),
                                 codec::mdmf::salts_of(header, blocks.front().block).value()};
        });
  }

protected:
  codec::share_result<codec::share_head> parse_head(byte_view bytes) const override {
    return codec::mdmf::parse_share_head(bytes);
  }
  codec::share_result<void> verify_hashes(const codec::share_header& header, share_number share,
                                          byte_view chain, byte_view tree) const override {
    return codec::mdmf::verify_hashes(header, share, chain, tree);
  }
  codec::share_result<void> verify_data(const codec::share_header& header, byte_view tree,
                                        byte_view data) const override {
    return codec::mdmf::verify_blocks(header, tree, codec::mdmf::all_segments(header), data);
  }
  /// The share data and the block hash tree, one behind the other; the chain stands before the signature.
  codec::byte_range body_run(const codec::share_layout& layout) const override {
    const auto begin = layout.share_data.offset;
    return {begin, layout.block_hash_tree.end() - begin};
  }
  std::optional<crypto::version_salt> salt_of(const codec::share_header&) const override {
    return std::nullopt;
  }
  result<codec::encoded_file> encode_file(const codec::encode_request& request,
                                          const codec::codec_context& context) const override {
    return codec::mdmf::encode(request, context);
  }
  std::uint64_t file_share_size(std::uint64_t content_bytes, codec::encoding shape,
                                const crypto::private_key& key) const override {
    return codec::mdmf::share_size(content_bytes, shape, key);
  }
};

} // namespace

const share_format& mdmf_format() {
  static const mdmf format;
  return format;
}

} // namespace truckee::shares
