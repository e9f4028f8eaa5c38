#include "truckee/codec/sdmf/encode.hpp"

#include "truckee/codec/block_hash.hpp"
#include "truckee/codec/merkle_tree.hpp"
#include "truckee/crypto/aes_ctr.hpp"

#include <algorithm>
#include <array>

namespace truckee::codec {

namespace {

/// One run of the pipeline. Every stage works in the share buffers themselves.
class encode_run {
public:
  encode_run(const encode_request& request, const codec_context& context)
    : request_(request), context_(context) {
    if (request.again != nullptr) {
      layout_.header = request.again->header;
    } else {
      layout_.header.sequence = request.sequence;
      layout_.header.salt = context.random.make<crypto::version_salt>();
      layout_.header.shape = request.shape;
    }
    layout_.header.data_length = request.content.size();
    layout_ = make_layout(layout_.header, public_key().size(), request.keys.signing.der().size());
    shares_.reserve(shape().total);
    for (unsigned i = 0; i < shape().total; ++i)
      shares_.push_back(context.buffers != nullptr
                            ? context.buffers->take(layout_.length(), layout_.share_data.offset)
                            : buffer(layout_.length(), layout_.share_data.offset));
  }

  result<encoded_file> run(const erasure_code& code) {
    encode_timings timings;
    return timed(stage::encrypt, timings, [&] { return encrypt(); })
        .and_then([&] { return timed(stage::encode, timings, [&] { return encode(code); }); })
        .and_then([&] { return timed(stage::hash, timings, [&] { return hash(); }); })
        .and_then([&] { return timed(stage::sign, timings, [&] { return sign(); }); })
        .and_then([&] { return timed(stage::pack, timings, [&] { return pack(); }); })
        .map([&] { return finish(timings); });
  }

private:
  encoding shape() const { return layout_.header.shape; }
  byte_view public_key() const { return request_.keys.signing.public_half().der(); }

  mutable_byte_view region(std::size_t share, const byte_range& range) {
    return shares_[share].view().subspan(range.offset, range.length);
  }

  template <class Work>
  result<void> timed(stage which, encode_timings& seconds, const Work& work) {
    if (request_.stop.stop_requested())
      return fail(errc::cancelled, "stopped before the stage \"" + std::string(to_word(which)) + "\"");
    if (request_.on_stage)
      request_.on_stage(which);
    const auto begin = context_.time->now();
    auto done = work();
    seconds.at(which) = std::chrono::duration<double>(context_.time->now() - begin).count();
    return done;
  }

  /// Content goes straight into the data regions of shares 0 .. k-1, as one stream; the last one's padding is
  /// zero and not encrypted.
  result<void> encrypt() {
    crypto::aes_ctr cipher(crypto::derive_data_key(layout_.header.salt, request_.keys.read));
    auto rest = request_.content;
    for (std::size_t i = 0; i < shape().needed; ++i) {
      const auto out = region(i, layout_.share_data);
      const auto piece = rest.first(std::min(rest.size(), out.size()));
      cipher.apply(piece, out.first(piece.size()));
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(piece.size()), out.end(), std::byte{0});
      rest = rest.subspan(piece.size());
    }
    return {};
  }

  result<void> encode(const erasure_code& code) {
    std::vector<byte_view> pieces;
    std::vector<mutable_byte_view> checks;
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      const auto data = region(i, layout_.share_data);
      if (i < shape().needed)
        pieces.push_back(data);
      else
        checks.push_back(data);
    }
    code.encode(pieces, checks);
    return {};
  }

  result<void> hash() {
    std::vector<byte_view> blocks;
    for (std::size_t i = 0; i < shares_.size(); ++i)
      blocks.push_back(region(i, layout_.share_data));
    block_hashes_ = hash_many(blocks, context_.workers);
    tree_.emplace(block_hashes_);
    layout_.header.root_hash = tree_->root();
    if (request_.again != nullptr && layout_.header != request_.again->header)
      return fail(errc::corrupt, "the content is not that of the version whose shares are to be made again");
    return {};
  }

  result<void> sign() {
    prefix_ = pack_prefix(layout_.header);
    if (request_.again != nullptr)
      return take_over_signature();
    const auto salt = request_.salt ? *request_.salt : context_.random.make<crypto::pss_salt>();
    return request_.keys.signing.sign(prefix_, salt).map([&](const crypto::signature& made) {
      signature_ = made;
    });
  }

  result<void> take_over_signature() {
    signature_ = request_.again->signature;
    if (!request_.keys.signing.public_half().verify(prefix_, signature_.view()))
      return fail(errc::corrupt,
                  "the signature is not that of the version whose shares are to be made again");
    return {};
  }

  result<void> pack() {
    const auto put = [&](std::size_t share, const byte_range& range, byte_view data) {
      std::copy(data.begin(), data.end(), region(share, range).begin());
    };
    bytes encrypted_key = to_bytes(request_.keys.signing.der());
    crypto::aes_ctr(request_.keys.write).apply(encrypted_key, encrypted_key);
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      pack_header(layout_, shares_[i].view());
      put(i, layout_.public_key, public_key());
      put(i, layout_.signature, signature_.view());
      pack_chain(i);
      put(i, layout_.block_hash_tree, block_hashes_[i].view());
      put(i, layout_.encrypted_private_key, encrypted_key);
    }
    return {};
  }

  void pack_chain(std::size_t share) {
    auto out = region(share, layout_.share_hash_chain);
    for (const auto node : needed_hashes(static_cast<std::uint32_t>(share), shape().total)) {
      store_be(out.first(2), static_cast<std::uint16_t>(node));
      const auto& hash = tree_->nodes()[node];
      std::copy(hash.data.begin(), hash.data.end(), out.begin() + 2);
      out = out.subspan(chain_entry_size);
    }
  }

  encoded_file finish(const encode_timings& timings) {
    encoded_file out;
    out.header = layout_.header;
    out.signed_prefix = prefix_;
    out.checkstring = pack_checkstring(layout_.header);
    out.timings = timings;
    for (auto& share : shares_)
      out.shares.emplace_back(std::move(share));
    return out;
  }

  const encode_request& request_;
  const codec_context& context_;
  share_layout layout_;
  std::vector<buffer> shares_;
  std::vector<hash256> block_hashes_;
  std::optional<merkle_tree> tree_;
  signed_prefix_bytes prefix_{};
  crypto::signature signature_;
};

} // namespace

std::uint64_t share_size(std::uint64_t content_length, encoding shape, const crypto::private_key& key) {
  share_header header;
  header.shape = shape;
  header.data_length = content_length;
  return make_layout(header, key.public_half().der().size(), key.der().size()).length();
}

result<encoded_file> encode_sdmf(const encode_request& request, const codec_context& context) {
  const auto code = context.codes.get(request.again != nullptr ? request.again->header.shape : request.shape);
  if (!code)
    return tl::unexpected(code.error());
  try {
    return encode_run(request, context).run(**code);
  } catch (const std::bad_alloc&) {
    return fail(errc::too_large, "not enough memory for the shares of " +
                                     std::to_string(request.content.size()) +
                                     " bytes; publish less at a time");
  }
}

} // namespace truckee::codec
