#include "truckee/shares/sdmf_format.hpp"

#include "truckee/codec/sdmf/decode.hpp"
#include "truckee/codec/sdmf/encode.hpp"
#include "truckee/codec/sdmf/share.hpp"
#include "truckee/shares/layout_format.hpp"

#include <algorithm>

namespace truckee::shares {

namespace {

class sdmf final : public layout_format {
public:
  std::optional<std::uint64_t> signature_offset(byte_view public_key) const override {
    return codec::sdmf::header_size + public_key.size();
  }

  result<decoded_version> decode(const grid::file_version& version, const crypto::read_key& key,
                                 const std::map<share_number, share_body>& bodies,
                                 codec::erasure_codes& codes, const content_range& range) const override {
    std::vector<codec::numbered_block> blocks;
    for (const auto& [share, body] : bodies)
      blocks.push_back({share, body.blocks.view()});
    return codec::sdmf::decode(header_of(version), key, blocks, codes).map([&](shared_bytes&& content) {
      return decoded_version{content.slice(std::min<std::uint64_t>(range.offset, content.size()),
                                           std::min<std::uint64_t>(range.length, content.size())),
                             {}};
    });
  }

protected:
  codec::share_result<codec::share_head> parse_head(byte_view bytes) const override {
    return codec::sdmf::parse_share_head(bytes);
  }
  codec::share_result<void> verify_hashes(const codec::share_header& header, share_number share,
                                          byte_view chain, byte_view tree) const override {
    return codec::sdmf::verify_hashes(header, share, chain, tree);
  }
  codec::share_result<void> verify_data(const codec::share_header&, byte_view tree, byte_view data,
                                        const content_range&) const override {
    return codec::sdmf::verify_block(tree, data);
  }
  codec::byte_range data_for(const codec::share_layout& layout, const content_range&) const override {
    return layout.share_data;
  }
  /// Share hash chain, block hash tree and share data lie one behind the other.
  std::vector<codec::byte_range> body_runs(const codec::share_layout& layout,
                                           const content_range&) const override {
    const auto begin = layout.share_hash_chain.offset;
    return {{begin, layout.share_data.end() - begin}};
  }
  std::optional<crypto::version_salt> salt_of(const codec::share_header& header) const override {
    return header.salt;
  }
  result<codec::encoded_file> encode_file(const codec::encode_request& request,
                                          const codec::codec_context& context) const override {
    return codec::sdmf::encode(request, context);
  }
  std::uint64_t file_share_size(std::uint64_t content_bytes, codec::encoding shape,
                                const crypto::private_key& key) const override {
    return codec::sdmf::share_size(content_bytes, shape, key);
  }
};

} // namespace

const share_format& sdmf_format() {
  static const sdmf format;
  return format;
}

} // namespace truckee::shares
