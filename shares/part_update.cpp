#include "truckee/shares/part_update.hpp"

#include "truckee/codec/mdmf/share.hpp"
#include "truckee/codec/mdmf/update.hpp"

#include <algorithm>

namespace truckee::shares {

namespace {

/// Each share number of the version once, and nothing else.
bool each_once(const grid::servermap& map, const grid::file_version& version, part_base& out) {
  if (!map.bad_shares().empty() || map.shares().size() != version.n)
    return false;
  for (const auto& [place, what] : map.shares())
    if (what != version || place.share.value >= version.n || !out.places.emplace(place.share, place).second)
      return false;
  return true;
}

bool same_places(const codec::share_layout& a, const codec::share_layout& b) {
  return a.header == b.header && a.public_key == b.public_key && a.signature == b.signature &&
         a.share_hash_chain == b.share_hash_chain && a.block_hash_tree == b.block_hash_tree &&
         a.share_data == b.share_data && a.encrypted_private_key == b.encrypted_private_key;
}

/// All shares have their parts where a new one has them, and the same private key there.
bool laid_out_alike(const std::map<grid::share_place, shared_bytes>& heads, part_base& out) {
  byte_view first_key;
  for (const auto& [share, place] : out.places) {
    const auto head = heads.find(place);
    if (head == heads.end())
      return false;
    const auto parsed = codec::mdmf::parse_share_head(head->second.view());
    if (!parsed || !codec::mdmf::is_laid_out_as_made(parsed->layout()))
      return false;
    const auto& header = parsed->header();
    const auto key = parsed->part(codec::share_field::encrypted_private_key);
    if (!key || header.segment_size != codec::mdmf::segment_size(header.shape))
      return false;
    if (out.heads.empty()) {
      out.layout = parsed->layout();
      first_key = *key;
    }
    if (!same_places(out.layout, parsed->layout()) || !equal(first_key, *key))
      return false;
    out.heads.emplace(share, head->second);
  }
  return true;
}

} // namespace

tl::expected<part_base, why_whole> plan_part(const grid::servermap& map,
                                             const std::map<grid::share_place, shared_bytes>& heads,
                                             const codec::mdmf::content_edit& edit) {
  const auto no = [](why_whole why) { return tl::unexpected<why_whole>(why); };
  const auto version = map.best();
  if (!version)
    return no(why_whole::no_version);
  if (version->format() != grid::share_format::mdmf)
    return no(why_whole::format);
  if (version->data_length == 0)
    return no(why_whole::empty);
  if (!leaves_a_version(*version))
    return no(why_whole::shape);
  if (!map.servers_failed().empty())
    return no(why_whole::servers);
  part_base out;
  out.version = *version;
  if (!each_once(map, *version, out))
    return no(why_whole::places);
  if (!laid_out_alike(heads, out))
    return no(why_whole::layout);
  const auto length = codec::mdmf::length_after(version->data_length, edit);
  if (!length || *length > codec::mdmf::data_length_max)
    return no(why_whole::length);
  out.plan = codec::mdmf::plan_update(out.layout.header, edit);
  if (!out.plan.changes())
    return no(why_whole::unchanged);
  return out;
}

std::map<std::uint64_t, content_range> edges_to_read(const part_base& base) {
  std::map<std::uint64_t, content_range> out;
  for (const auto segment : base.plan.edges()) {
    const auto place = codec::mdmf::content_of(base.plan.now, {segment, 1});
    out.emplace(segment, content_range{place.offset, place.length});
  }
  return out;
}

std::uint64_t part_content_bytes(const part_base& base) {
  return codec::mdmf::content_of(base.plan.then, base.plan.touched).length;
}

std::uint64_t part_tree_bytes(const part_base& base) {
  return base.version.n * std::max(codec::mdmf::block_hash_tree_length(base.plan.now),
                                   codec::mdmf::block_hash_tree_length(base.plan.then));
}

std::uint64_t part_size_max(const part_base& base) {
  return codec::mdmf::update_size_max(base.plan) * base.version.n;
}

bool is_there_already(const part_change& change) {
  const auto& plan = change.base.plan;
  if (plan.now.data_length != plan.then.data_length || change.edges.size() != plan.touched.count)
    return false;
  const auto then = codec::mdmf::touched_content(plan, change.data.view(), change.edges);
  const auto now = codec::mdmf::touched_content(
      codec::mdmf::update_plan{{}, plan.now, plan.then, plan.touched}, {}, change.edges);
  return equal(then.view(), now.view());
}

result<encoded_version> encode_part(const part_request& request, const codec_context& context) {
  const auto& base = request.change.base;
  std::vector<byte_view> trees;
  for (const auto& [share, place] : base.places) {
    const auto tree = request.change.trees.find(share);
    if (tree == request.change.trees.end() || tree->second.size() != base.layout.block_hash_tree.length)
      return fail(errc::internal,
                  "the block hashes of share " + std::to_string(share.value) + " were not read");
    trees.push_back(tree->second.view());
  }
  for (const auto& [segment, range] : edges_to_read(base)) {
    const auto edge = request.change.edges.find(segment);
    if (edge == request.change.edges.end() || edge->second.size() != range.length)
      return fail(errc::internal, "segment " + std::to_string(segment) + " was not read");
  }
  const auto content =
      codec::mdmf::touched_content(base.plan, request.change.data.view(), request.change.edges);
  return codec::mdmf::update({.now = base.layout,
                              .plan = base.plan,
                              .content = content.view(),
                              .block_hash_trees = trees,
                              .sequence = request.sequence,
                              .keys = request.keys,
                              .on_stage = request.on_stage,
                              .stop = request.stop},
                             context)
      .map([&](codec::mdmf::updated_file&& made) {
        encoded_version out;
        out.version = base.version;
        out.version.sequence = made.header.sequence;
        out.version.root = made.header.root_hash;
        out.version.data_length = made.header.data_length;
        out.timings = made.timings;
        for (std::size_t i = 0; i < made.shares.size(); ++i) {
          grid::share_content share;
          share.length = made.shares[i].length;
          for (auto& write : made.shares[i].writes)
            share.writes.push_back({write.offset, std::move(write.data)});
          out.shares.emplace(share_number{static_cast<std::uint8_t>(i)}, std::move(share));
        }
        return out;
      });
}

} // namespace truckee::shares
