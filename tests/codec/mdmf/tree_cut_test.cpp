#include "truckee/codec/mdmf/tree_cut.hpp"

#include "truckee/codec/block_hash.hpp"
#include "truckee/codec/mdmf/share.hpp"
#include "truckee/codec/merkle_tree.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::codec;
using mdmf::segment_range;

namespace {

/// A share of a file of many segments, of which the blocks of some are there, and the hashes of all.
struct large_share {
  explicit large_share(std::uint64_t segments, segment_range at_hand) : here(at_hand) {
    header.shape = {1, 1};
    header.segment_size = mdmf::segment_size(header.shape);
    header.data_length = segments * header.segment_size - 7;
    std::vector<hash256> leaves(segments);
    for (std::uint64_t i = 0; i < segments; ++i) {
      leaves[i].data.fill(static_cast<std::byte>(i));
      leaves[i].data[0] = static_cast<std::byte>(i >> 8);
    }
    const auto place = mdmf::salted_blocks(header, here);
    blocks.resize(place.length);
    for (std::size_t i = 0; i < blocks.size(); ++i)
      blocks[i] = static_cast<std::byte>(i * 31 + i / 251);
    for (std::uint64_t i = here.first; i < here.first + here.count; ++i) {
      const auto one = mdmf::salted_block(header, i);
      leaves[i] = block_hash(byte_view(blocks).subspan(one.offset - place.offset, one.length));
    }
    const merkle_tree all(leaves);
    header.root_hash = merkle_tree(std::vector{all.root()}).root();
    for (const auto& node : all.nodes())
      tree.insert(tree.end(), node.data.begin(), node.data.end());
  }

  std::vector<byte_view> parts(const mdmf::tree_cut& cut) const {
    std::vector<byte_view> out;
    for (const auto& part : mdmf::parts_of(header, cut))
      out.push_back(byte_view(tree).subspan(part.offset, part.length));
    return out;
  }
  std::uint64_t bytes_of(const mdmf::tree_cut& cut) const {
    std::uint64_t out = 0;
    for (const auto& part : mdmf::parts_of(header, cut))
      out += part.length;
    return out;
  }
  share_result<void> verified(const mdmf::tree_cut& cut) const {
    const auto at = parts(cut);
    return mdmf::verify_cut(header, {0}, {}, cut, at).and_then([&] {
      return mdmf::verify_cut_blocks(header, cut, at, here, blocks);
    });
  }

  share_header header;
  segment_range here;
  bytes blocks;
  bytes tree;
};

} // namespace

TEST(mdmf_tree_cut, leads_from_some_segments_to_the_root_wherever_they_lie) {
  for (const std::uint64_t segments : {1025U, 2048U, 2049U, 5000U, 32768U, 40000U})
    for (const auto& here :
         {segment_range{0, 1}, segment_range{segments / 2 - 1, 3}, segment_range{63, 2},
          segment_range{64, 64}, segment_range{segments - 1, 1}, segment_range{segments, 0}}) {
      const large_share share(segments, here);
      const auto cut = mdmf::cut_for(share.header, here);
      EXPECT_FALSE(cut.whole) << segments;
      const auto good = share.verified(cut);
      EXPECT_TRUE(good) << segments << " from " << here.first << ": " << to_string(good.error());
      EXPECT_LT(share.bytes_of(cut), 40U << 10U) << "of " << share.tree.size();
    }
}

TEST(mdmf_tree_cut, of_a_small_tree_or_many_segments_is_all_of_it) {
  for (const std::uint64_t segments : {0U, 1U, 3U, 1024U}) {
    const large_share share(std::max<std::uint64_t>(segments, 1), {0, 1});
    const auto cut = mdmf::cut_for(share.header, {0, 1});
    EXPECT_TRUE(cut.whole) << segments;
    EXPECT_EQ(share.bytes_of(cut), mdmf::block_hash_tree_length(share.header));
    EXPECT_TRUE(share.verified(cut));
  }
  const large_share share(5000, {0, 1});
  EXPECT_TRUE(mdmf::cut_for(share.header, {0, 5000}).whole);
}

TEST(mdmf_tree_cut, a_flip_anywhere_in_it_or_in_a_block_is_found) {
  const large_share good(5000, {130, 3});
  const auto cut = mdmf::cut_for(good.header, good.here);
  ASSERT_TRUE(good.verified(cut));
  for (const auto& part : mdmf::parts_of(good.header, cut))
    for (auto at = part.offset; at < part.end(); at += 32 * 7) {
      auto bad = good;
      bad.tree[at] ^= std::byte{1};
      const auto found = bad.verified(cut);
      ASSERT_FALSE(found) << at;
      EXPECT_NE(found.error().field, share_field::version);
    }
  for (std::size_t at = 0; at < good.blocks.size(); at += 50'000) {
    auto bad = good;
    bad.blocks[at] ^= std::byte{1};
    const auto found = bad.verified(cut);
    ASSERT_FALSE(found) << at;
    EXPECT_EQ(found.error().field, share_field::share_data);
  }
}

TEST(mdmf_tree_cut, what_is_cut_short_or_of_other_segments_is_an_error) {
  const large_share share(5000, {130, 3});
  const auto cut = mdmf::cut_for(share.header, share.here);
  auto parts = share.parts(cut);
  parts[1] = parts[1].first(parts[1].size() - 1);
  EXPECT_FALSE(mdmf::verify_cut(share.header, {0}, {}, cut, parts));
  EXPECT_FALSE(mdmf::verify_cut_blocks(share.header, cut, parts, share.here, share.blocks));
  EXPECT_FALSE(mdmf::verify_cut(share.header, {0}, {}, cut, {}));
  const auto other = mdmf::cut_for(share.header, {4000, 1});
  EXPECT_FALSE(mdmf::verify_cut_blocks(share.header, other, share.parts(other), share.here, share.blocks));
}

TEST(mdmf_tree_cut, stays_small_whatever_size_a_header_claims) {
  share_header header;
  header.shape = {3, 10};
  header.segment_size = mdmf::segment_size(header.shape);
  header.data_length = mdmf::data_length_max;
  const auto cut = mdmf::cut_for(header, {123'456'789, 64});
  ASSERT_FALSE(cut.whole);
  std::uint64_t bytes_in_all = 0;
  for (const auto& part : mdmf::parts_of(header, cut)) {
    EXPECT_LE(part.end(), mdmf::block_hash_tree_length(header));
    bytes_in_all += part.length;
  }
  EXPECT_LT(bytes_in_all, 4U << 20U);
}
