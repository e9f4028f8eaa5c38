#include "truckee/codec/mdmf/update.hpp"

#include "truckee/base/assert.hpp"
#include "truckee/codec/block_hash.hpp"
#include "truckee/codec/mdmf/salted_run.hpp"
#include "truckee/codec/pipeline/stages.hpp"

#include <algorithm>

namespace truckee::codec::mdmf {

namespace {

share_layout layout_as_made(const share_header& header, const share_layout& like) {
  return make_layout(header, like.public_key.length, like.encrypted_private_key.length);
}

/// One run, stage by stage.
class update_run {
public:
  update_run(const update_request& request, const codec_context& context)
    : request_(request), context_(context), plan_(request.plan),
      layout_(layout_as_made(plan_.then, request.now)),
      stages_(request.on_stage, request.stop, context.time) {}

  result<updated_file> run() {
    const auto code = context_.codes.get(shape());
    if (!code)
      return tl::unexpected(code.error());
    try {
      return stages_.run(stage::encrypt, [&] { return encrypt(); })
          .and_then([&] { return stages_.run(stage::encode, [&] { return encode(**code); }); })
          .and_then([&] { return stages_.run(stage::hash, [&] { return hash(); }); })
          .and_then([&] { return stages_.run(stage::sign, [&] { return sign(); }); })
          .and_then([&] { return stages_.run(stage::pack, [&] { return pack(); }); })
          .map([&] {
            return updated_file{layout_.header, std::move(shares_), stages_.timings()};
          });
    } catch (const std::bad_alloc&) {
      return fail(errc::too_large, "not enough memory for the blocks of " +
                                       std::to_string(request_.content.size()) +
                                       " bytes; write less at a time");
    }
  }

private:
  encoding shape() const { return plan_.then.shape; }

  result<void> encrypt() {
    run_.emplace(plan_.then, plan_.touched, context_.buffers);
    auto rest = request_.content;
    for (std::uint64_t i = 0; i < plan_.touched.count; ++i) {
      const auto size = segment_length(plan_.then, plan_.touched.first + i);
      run_->encrypt(i, context_.random.make<crypto::version_salt>(), request_.keys.read, rest.first(size));
      rest = rest.subspan(size);
    }
    return {};
  }

  result<void> encode(const erasure_code& code) {
    for (std::uint64_t i = 0; i < plan_.touched.count; ++i)
      run_->encode(i, code);
    return {};
  }

  result<void> hash() {
    const auto fresh = hash_many(run_->hashed(), context_.workers);
    std::vector<hash256> roots;
    for (std::size_t share = 0; share < shape().total; ++share) {
      trees_.push_back(
          tree_of(share, std::span(fresh).subspan(share * plan_.touched.count, plan_.touched.count)));
      roots.push_back(trees_.back().root());
    }
    share_tree_.emplace(roots);
    layout_.header.root_hash = share_tree_->root();
    layout_.header.sequence = request_.sequence;
    return {};
  }

  /// The leaves that stay, and the fresh ones.
  merkle_tree tree_of(std::size_t share, std::span<const hash256> fresh) const {
    const auto old = request_.block_hash_trees[share];
    const auto first_leaf = old.size() / hash256::size / 2;
    const auto count = segment_count(plan_.then);
    const auto touched_end = plan_.touched.first + plan_.touched.count;
    std::vector<hash256> leaves;
    leaves.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i)
      leaves.push_back(i >= plan_.touched.first && i < touched_end
                           ? fresh[i - plan_.touched.first]
                           : read_fixed<hash256>(old, (first_leaf + i) * hash256::size));
    return merkle_tree(leaves);
  }

  result<void> sign() {
    const auto salt = context_.random.make<crypto::pss_salt>();
    return request_.keys.signing.sign(pack_prefix(layout_.header), salt).map([&](const auto& made) {
      signature_ = made;
    });
  }

  result<void> pack() {
    for (std::size_t share = 0; share < shape().total; ++share)
      shares_.push_back(pack_share(share));
    return {};
  }

  updated_share pack_share(std::size_t share) {
    updated_share out;
    out.length = layout_.length();
    bytes front(header_size);
    pack_header(layout_, front);
    out.writes.push_back({0, shared_bytes(std::move(front))});
    // One lies behind the other.
    bytes proof(layout_.share_hash_chain.length + layout_.signature.length);
    pack_chain(*share_tree_, static_cast<std::uint32_t>(share), shape().total,
               mutable_byte_view(proof).first(layout_.share_hash_chain.length));
    std::ranges::copy(signature_.data,
                      proof.begin() + static_cast<std::ptrdiff_t>(layout_.share_hash_chain.length));
    out.writes.push_back({layout_.share_hash_chain.offset, shared_bytes(std::move(proof))});
    if (plan_.touched.count > 0)
      out.writes.push_back({layout_.share_data.offset + salted_blocks(plan_.then, plan_.touched).offset,
                            shared_bytes(std::move(run_->shares()[share]))});
    add_tree(out, share);
    return out;
  }

  /// Where the tree stays in its place, no more than what differs: a path of nodes, and not all of them.
  void add_tree(updated_share& out, std::size_t share) const {
    const shared_bytes now(packed(trees_[share]));
    const auto before = request_.block_hash_trees[share];
    const auto at = layout_.block_hash_tree.offset;
    if (at != request_.now.block_hash_tree.offset || now.size() != before.size()) {
      out.writes.push_back({at, now});
      return;
    }
    const auto differs = [&](std::size_t from) {
      return !equal(now.view().subspan(from, hash256::size), before.subspan(from, hash256::size));
    };
    for (std::size_t from = 0; from < now.size();) {
      auto end = from;
      while (end < now.size() && differs(end))
        end += hash256::size;
      if (end > from)
        out.writes.push_back({at + from, now.slice(from, end - from)});
      from = end + hash256::size;
    }
  }

  const update_request& request_;
  const codec_context& context_;
  const update_plan& plan_;
  share_layout layout_;
  stage_run stages_;
  std::optional<salted_run> run_; ///< of the touched segments
  std::vector<merkle_tree> trees_;
  std::optional<merkle_tree> share_tree_;
  crypto::signature signature_;
  std::vector<updated_share> shares_;
};

} // namespace

bool is_laid_out_as_made(const share_layout& layout) {
  const auto made = layout_as_made(layout.header, layout);
  return layout.share_hash_chain == made.share_hash_chain && layout.signature == made.signature &&
         layout.public_key == made.public_key && layout.share_data == made.share_data &&
         layout.block_hash_tree == made.block_hash_tree &&
         layout.encrypted_private_key == made.encrypted_private_key;
}

result<updated_file> update(const update_request& request, const codec_context& context) {
  if (request.plan.then.data_length > data_length_max)
    return fail(errc::too_large, std::to_string(request.plan.then.data_length) +
                                     " bytes of content, and no file has more than " +
                                     std::to_string(data_length_max));
  TRUCKEE_ASSERT(request.block_hash_trees.size() == request.plan.now.shape.total,
                 "an update knows the tree of every share");
  return update_run(request, context).run();
}

} // namespace truckee::codec::mdmf
