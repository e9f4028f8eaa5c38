#include "truckee/shares/mdmf_format.hpp"

#include "truckee/codec/mdmf/decode.hpp"
#include "truckee/codec/mdmf/encode.hpp"
#include "truckee/codec/mdmf/share.hpp"
#include "truckee/codec/mdmf/tree_cut.hpp"
#include "truckee/shares/layout_format.hpp"

#include <algorithm>

namespace truckee::shares {

namespace {

codec::mdmf::segment_range touched(const codec::share_header& header, const content_range& range) {
  return codec::mdmf::touched_segments(header, range.offset, range.length);
}

/// What of the tree is read with a range. Who asks for no content wants the hashes themselves, all of them.
codec::mdmf::tree_cut cut(const codec::share_header& header, const content_range& range) {
  return codec::mdmf::cut_for(header,
                              range.length == 0 ? codec::mdmf::all_segments(header) : touched(header, range));
}

class mdmf final : public layout_format {
public:
  /// They stand behind the private key and the share hash chain, which differ in length.
  std::optional<std::uint64_t> signature_offset(byte_view) const override { return std::nullopt; }

  result<decoded_version> decode(const grid::file_version& version, const crypto::read_key& key,
                                 const std::map<share_number, share_body>& bodies,
                                 codec::erasure_codes& codes, const content_range& range) const override {
    const auto header = header_of(version);
    std::vector<codec::numbered_block> blocks;
    for (const auto& [share, body] : bodies)
      blocks.push_back({share, body.blocks.view()});
    const auto segments = touched(header, range);
    return codec::mdmf::decode(header, key, segments, blocks, codes).map([&](shared_bytes&& content) {
      const auto begin = std::min(range.offset, header.data_length);
      const auto before = begin - codec::mdmf::content_of(header, segments).offset;
      const auto length = std::min(range.length, header.data_length - begin);
      auto salts = codec::mdmf::salts_of(header, segments, blocks.front().block);
      return decoded_version{content.slice(std::min<std::uint64_t>(before, content.size()), length),
                             std::move(salts).value_or(std::vector<crypto::version_salt>{})};
    });
  }

  static std::optional<codec::existing_version> known(const existing_version* again) {
    if (again == nullptr)
      return std::nullopt;
    return codec::existing_version{header_of(again->version), again->signature};
  }

  encoded_version staged(const codec::mdmf::window_encoder& made, const staging_id& staging) const {
    const auto& layout = made.layout();
    encoded_version out;
    out.version = version_of(layout.header);
    for (unsigned i = 0; i < layout.header.shape.total; ++i) {
      const share_number share{static_cast<std::uint8_t>(i)};
      auto frame = made.frame(share);
      out.shares.emplace(share, grid::share_content{{{0, shared_bytes(std::move(frame.head))},
                                                     {layout.block_hash_tree.offset,
                                                      shared_bytes(std::move(frame.block_hash_tree))}},
                                                    layout.length(),
                                                    staging});
    }
    return out;
  }

protected:
  codec::share_result<codec::share_head> parse_head(byte_view bytes) const override {
    return codec::mdmf::parse_share_head(bytes);
  }
  codec::share_result<void> verify_hashes(const codec::share_header& header, share_number share,
                                          byte_view chain, byte_view tree) const override {
    return codec::mdmf::verify_hashes(header, share, chain, tree);
  }
  codec::share_result<void> verify_data(const codec::share_header& header, byte_view tree, byte_view data,
                                        const content_range& range) const override {
    return codec::mdmf::verify_blocks(header, tree, touched(header, range), data);
  }
  codec::byte_range data_for(const codec::share_layout& layout, const content_range& range) const override {
    const auto blocks = codec::mdmf::salted_blocks(layout.header, touched(layout.header, range));
    return {layout.share_data.offset + blocks.offset, blocks.length};
  }
  /// The touched blocks, and what leads from them to the root, which follows the last one; the chain stands before the
  /// signature.
  std::vector<codec::byte_range> body_runs(const codec::share_layout& layout,
                                           const content_range& range) const override {
    std::vector<codec::byte_range> out;
    if (const auto data = data_for(layout, range); data.length > 0)
      out.push_back(data);
    for (const auto& run : tree_runs(layout, range))
      if (!out.empty() && out.back().end() == run.offset)
        out.back().length += run.length;
      else
        out.push_back(run);
    return out;
  }
  std::vector<codec::byte_range> tree_runs(const codec::share_layout& layout,
                                           const content_range& range) const override {
    std::vector<codec::byte_range> out;
    for (const auto& part : codec::mdmf::parts_of(layout.header, cut(layout.header, range)))
      out.push_back({layout.block_hash_tree.offset + part.offset, part.length});
    return out;
  }
  codec::share_result<void> verify_parts(const codec::share_header& header, share_number share,
                                         byte_view chain, std::span<const shared_bytes> tree, byte_view data,
                                         const content_range& range) const override {
    std::vector<byte_view> parts;
    for (const auto& part : tree)
      parts.push_back(part.view());
    const auto of = cut(header, range);
    return codec::mdmf::verify_cut(header, share, chain, of, parts).and_then([&] {
      return codec::mdmf::verify_cut_blocks(header, of, parts, touched(header, range), data);
    });
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

namespace {

const mdmf& the_format() {
  static const mdmf format;
  return format;
}

} // namespace

const share_format& mdmf_format() {
  return the_format();
}

result<std::unique_ptr<codec::mdmf::window_encoder>> make_window_encoder(const window_request& request,
                                                                         const codec_context& context) {
  return codec::mdmf::window_encoder::make({request.content_length,
                                            {request.spread.needed, request.spread.total},
                                            request.sequence,
                                            request.keys,
                                            mdmf::known(request.again)},
                                           context);
}

encoded_version staged_version(const codec::mdmf::window_encoder& made, const staging_id& staging) {
  return the_format().staged(made, staging);
}

} // namespace truckee::shares
