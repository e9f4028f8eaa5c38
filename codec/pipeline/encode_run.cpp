#include "truckee/codec/pipeline/encode_run.hpp"

#include "truckee/codec/block_hash.hpp"
#include "truckee/codec/pipeline/segment.hpp"
#include "truckee/crypto/aes_ctr.hpp"

#include <algorithm>

namespace truckee::codec {

result<encoded_file> encode_run::run() {
  const auto code =
      context_.codes.get(request_.again != nullptr ? request_.again->header.shape : request_.shape);
  if (!code)
    return tl::unexpected(code.error());
  try {
    begin();
    return stages_.run(stage::encrypt, [&] { return encrypt(); })
        .and_then([&] { return stages_.run(stage::encode, [&] { return encode(**code); }); })
        .and_then([&] { return stages_.run(stage::hash, [&] { return hash(); }); })
        .and_then([&] { return stages_.run(stage::sign, [&] { return sign(); }); })
        .and_then([&] { return stages_.run(stage::pack, [&] { return pack(); }); })
        .map([&] { return finish(); });
  } catch (const std::bad_alloc&) {
    return fail(errc::too_large, "not enough memory for the shares of " +
                                     std::to_string(request_.content.size()) +
                                     " bytes; publish less at a time");
  }
}

void encode_run::begin() {
  share_header header;
  if (request_.again != nullptr) {
    header = request_.again->header;
  } else {
    header.sequence = request_.sequence;
    header.shape = request_.shape;
  }
  header.data_length = request_.content.size();
  layout_ = layout_for(header, public_key().size(), request_.keys.signing.der().size());
  segments_ = segments_of(layout_);
  const auto aligned = segments_.empty() ? 0 : segments_.front().block.offset;
  shares_.reserve(shape().total);
  for (unsigned i = 0; i < shape().total; ++i)
    shares_.push_back(context_.buffers != nullptr ? context_.buffers->take(layout_.length(), aligned)
                                                  : buffer(layout_.length(), aligned));
  salts_ = take_salts(layout_, segments_);
}

std::vector<mutable_byte_view> encode_run::blocks_of(const segment_place& place) {
  std::vector<mutable_byte_view> out;
  out.reserve(shares_.size());
  for (std::size_t i = 0; i < shares_.size(); ++i)
    out.push_back(region(i, place.block));
  return out;
}

result<void> encode_run::encrypt() {
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    const auto& place = segments_[s];
    encrypt_segment(crypto::derive_data_key(salts_[s], request_.keys.read),
                    request_.content.subspan(place.content.offset, place.content.length), blocks_of(place),
                    shape().needed);
  }
  return {};
}

result<void> encode_run::encode(const erasure_code& code) {
  for (const auto& place : segments_)
    encode_segment(code, blocks_of(place));
  return {};
}

result<void> encode_run::hash() {
  std::vector<byte_view> hashed;
  hashed.reserve(shares_.size() * segments_.size());
  for (std::size_t i = 0; i < shares_.size(); ++i)
    for (const auto& place : segments_)
      hashed.push_back(region(i, place.hashed));
  const auto leaves = hash_many(hashed, context_.workers);
  std::vector<hash256> roots;
  block_trees_.reserve(shares_.size());
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    block_trees_.emplace_back(std::span(leaves).subspan(i * segments_.size(), segments_.size()));
    roots.push_back(block_trees_.back().root());
  }
  tree_.emplace(roots);
  layout_.header.root_hash = tree_->root();
  if (request_.again != nullptr && layout_.header != request_.again->header)
    return fail(errc::corrupt, "the content is not that of the version whose shares are to be made again");
  return {};
}

result<void> encode_run::sign() {
  prefix_ = pack_prefix_of(layout_.header);
  if (request_.again != nullptr)
    return take_over_signature();
  const auto salt = request_.salt ? *request_.salt : context_.random.make<crypto::pss_salt>();
  return request_.keys.signing.sign(prefix_, salt).map([&](const crypto::signature& made) {
    signature_ = made;
  });
}

result<void> encode_run::take_over_signature() {
  signature_ = request_.again->signature;
  if (!request_.keys.signing.public_half().verify(prefix_, signature_.view()))
    return fail(errc::corrupt, "the signature is not that of the version whose shares are to be made again");
  return {};
}

result<void> encode_run::pack() {
  const auto put = [&](std::size_t share, const byte_range& range, byte_view data) {
    std::copy(data.begin(), data.end(), region(share, range).begin());
  };
  bytes encrypted_key = to_bytes(request_.keys.signing.der());
  crypto::aes_ctr(request_.keys.write).apply(encrypted_key, encrypted_key);
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    pack_header_of(layout_, shares_[i].view());
    put(i, layout_.public_key, public_key());
    put(i, layout_.signature, signature_.view());
    pack_chain(*tree_, static_cast<std::uint32_t>(i), shape().total, region(i, layout_.share_hash_chain));
    pack_tree(block_trees_[i], region(i, layout_.block_hash_tree));
    put(i, layout_.encrypted_private_key, encrypted_key);
  }
  return {};
}

encoded_file encode_run::finish() {
  encoded_file out;
  out.header = layout_.header;
  out.signed_prefix = prefix_;
  out.checkstring.assign(prefix_.begin(),
                         prefix_.begin() + static_cast<std::ptrdiff_t>(layout_.checkstring_length));
  out.timings = stages_.timings();
  for (auto& share : shares_)
    out.shares.emplace_back(std::move(share));
  return out;
}

} // namespace truckee::codec
