#include "truckee/codec/mdmf/window_encode.hpp"

#include "truckee/base/assert.hpp"
#include "truckee/codec/block_hash.hpp"
#include "truckee/codec/pipeline/segment.hpp"
#include "truckee/crypto/aes_ctr.hpp"
#include "truckee/crypto/tagged_hash.hpp"

#include <algorithm>
#include <atomic>

namespace truckee::codec::mdmf {

namespace {

share_header header_to_be(const window_request& request) {
  share_header out;
  out.sequence = request.again ? request.again->header.sequence : request.sequence;
  out.shape = request.again ? request.again->header.shape : request.shape;
  out.segment_size = segment_size(out.shape);
  out.data_length = request.content_length;
  return out;
}

tl::unexpected<error> other_content() {
  return fail(errc::corrupt, "the content is not that of the version whose shares are to be made again");
}

tl::unexpected<error> no_memory(const segment_range& window) {
  return fail(errc::too_large, "not enough memory for the shares of " + std::to_string(window.count) +
                                   " segments; publish less at a time");
}

} // namespace

window_encoder::window_encoder(const window_request& request, const codec_context& context,
                               std::shared_ptr<const erasure_code> code)
  : request_(request), context_(context), code_(std::move(code)),
    layout_(make_layout(header_to_be(request), request.keys.signing.public_half().der().size(),
                        request.keys.signing.der().size())) {
  const auto count = segment_count(layout_.header);
  salts_.resize(count);
  if (!request_.again)
    for (auto& salt : salts_)
      salt = context_.random.make<crypto::version_salt>();
  digests_.resize(count);
  leaves_.assign(layout_.header.shape.total, std::vector<hash256>(count));
}

result<std::unique_ptr<window_encoder>> window_encoder::make(const window_request& request,
                                                             const codec_context& context) {
  auto code = context.codes.get(request.again ? request.again->header.shape : request.shape);
  if (!code)
    return tl::unexpected(code.error());
  const auto header = header_to_be(request);
  if (request.content_length > data_length_max)
    return fail(errc::too_large, std::to_string(request.content_length) +
                                     " bytes of content, and no file has more than " +
                                     std::to_string(data_length_max));
  if (request.again && request.again->header.data_length != request.content_length)
    return other_content();
  const auto tree = block_hash_tree_length(header);
  if (tree > trees_bytes_max / header.shape.total)
    return fail(errc::too_large,
                "the block hash trees of " + std::to_string(header.shape.total) + " shares of " +
                    std::to_string(request.content_length) +
                    " bytes of content are too large to be made here; publish it as several files, or with "
                    "fewer shares");
  return std::unique_ptr<window_encoder>(new window_encoder(request, context, std::move(*code)));
}

std::vector<segment_range> window_encoder::windows() const {
  const auto count = segment_count(layout_.header);
  const auto each = std::max<std::uint64_t>(1, window_bytes / layout_.header.segment_size);
  std::vector<segment_range> out;
  for (std::uint64_t first = 0; first < count; first += each)
    out.push_back({first, std::min(each, count - first)});
  return out;
}

byte_range window_encoder::content_of(const segment_range& window) const {
  return mdmf::content_of(layout_.header, window);
}

salted_run window_encoder::share_data_of(const segment_range& window, byte_view content) const {
  salted_run out(layout_.header, window, context_.buffers);
  const auto begin = content_of(window).offset;
  context_.workers.for_each(window.count, [&](std::size_t i) {
    const auto segment = window.first + i;
    const auto part = content_of({segment, 1});
    out.encrypt(i, salts_[segment], request_.keys.read, content.subspan(part.offset - begin, part.length));
    out.encode(i, *code_);
  });
  return out;
}

result<void> window_encoder::survey(const segment_range& window, byte_view content,
                                    std::span<const crypto::version_salt> salts) {
  TRUCKEE_ASSERT(content.size() == content_of(window).length, "a window is surveyed with all its content");
  if (request_.again) {
    if (salts.size() != window.count)
      return other_content();
    std::ranges::copy(salts, salts_.begin() + static_cast<std::ptrdiff_t>(window.first));
  }
  try {
    const auto run = share_data_of(window, content);
    const auto made = hash_many(run.hashed(), context_.workers);
    for (std::size_t share = 0; share < leaves_.size(); ++share)
      std::copy_n(made.begin() + static_cast<std::ptrdiff_t>(share * window.count), window.count,
                  leaves_[share].begin() + static_cast<std::ptrdiff_t>(window.first));
    context_.workers.for_each(
        window.count, [&](std::size_t i) { digests_[window.first + i] = digest_of(window, content, i); });
  } catch (const std::bad_alloc&) {
    return no_memory(window);
  }
  return {};
}

hash256 window_encoder::digest_of(const segment_range& window, byte_view content, std::uint64_t i) const {
  const auto part = content_of({window.first + i, 1});
  return crypto::sha256({content.subspan(part.offset - content_of(window).offset, part.length)});
}

result<void> window_encoder::seal() {
  std::vector<hash256> roots;
  trees_.reserve(leaves_.size());
  for (const auto& leaves : leaves_) {
    trees_.emplace_back(leaves);
    roots.push_back(trees_.back().root());
  }
  leaves_.clear();
  share_tree_.emplace(roots);
  layout_.header.root_hash = share_tree_->root();
  if (request_.again && layout_.header != request_.again->header)
    return other_content();
  return sign();
}

result<void> window_encoder::sign() {
  const auto prefix = pack_prefix(layout_.header);
  if (request_.again) {
    signature_ = request_.again->signature;
    if (!request_.keys.signing.public_half().verify(prefix, signature_.view()))
      return fail(errc::corrupt,
                  "the signature is not that of the version whose shares are to be made again");
    return {};
  }
  const auto salt = context_.random.make<crypto::pss_salt>();
  return request_.keys.signing.sign(prefix, salt).map([&](const auto& made) { signature_ = made; });
}

share_frame window_encoder::frame(share_number share) const {
  share_frame out;
  out.head.resize(layout_.share_data.offset);
  const auto put = [&](const byte_range& range, byte_view data) {
    std::ranges::copy(data, out.head.begin() + static_cast<std::ptrdiff_t>(range.offset));
  };
  pack_header(layout_, out.head);
  bytes key = to_bytes(request_.keys.signing.der());
  crypto::aes_ctr(request_.keys.write).apply(key, key);
  put(layout_.encrypted_private_key, key);
  const auto& chain = layout_.share_hash_chain;
  pack_chain(*share_tree_, share.value, layout_.header.shape.total,
             mutable_byte_view(out.head).subspan(chain.offset, chain.length));
  put(layout_.signature, signature_.view());
  put(layout_.public_key, request_.keys.signing.public_half().der());
  out.block_hash_tree = packed(trees_[share.value]);
  return out;
}

result<std::map<share_number, share_piece>>
window_encoder::pieces(const segment_range& window, byte_view content,
                       const std::set<share_number>& wanted) const {
  TRUCKEE_ASSERT(content.size() == content_of(window).length, "a window is encoded with all its content");
  std::atomic<std::uint64_t> differs{UINT64_MAX};
  context_.workers.for_each(window.count, [&](std::size_t i) {
    if (digest_of(window, content, i) != digests_[window.first + i])
      differs = window.first + i;
  });
  // Under a salt that another content was encrypted with, both would be given away: nothing of it is made.
  if (differs != UINT64_MAX)
    return fail(errc::corrupt, "the content changed while it was read (in segment " +
                                   std::to_string(differs) + ", from byte " +
                                   std::to_string(content_of({differs, 1}).offset) +
                                   " on); publish it when nobody writes to it");
  try {
    auto run = share_data_of(window, content);
    const auto at = layout_.share_data.offset + salted_blocks(layout_.header, window).offset;
    std::map<share_number, share_piece> out;
    for (const auto share : wanted)
      out.emplace(share, share_piece{at, shared_bytes(std::move(run.shares().at(share.value)))});
    return out;
  } catch (const std::bad_alloc&) {
    return no_memory(window);
  }
}

} // namespace truckee::codec::mdmf
