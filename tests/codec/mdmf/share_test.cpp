#include "truckee/codec/mdmf/share.hpp"

#include "codec/codec_test_support.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

constexpr std::size_t first_read = 4000; // bytes a map update reads of each share

/// Share 2 of a file of three segments.
const bytes& three_segments() {
  static const auto share = [] {
    test::codec_world world;
    const bytes content(300'000, std::byte{1});
    return to_bytes(world.encode_mdmf(content, {3, 10}).shares[2].view());
  }();
  return share;
}

template <class T>
share_error fault_in(const share_result<T>& got) {
  EXPECT_FALSE(got) << "taken, though it is wrong";
  return got ? share_error{} : got.error();
}

share_error with_flip(std::size_t at) {
  auto bad = three_segments();
  bad.at(at) ^= std::byte{1};
  const auto share = mdmf::parse_share(bad);
  EXPECT_TRUE(share);
  return fault_in(mdmf::verify_share(*share, {2}, test::some_keys().fingerprint));
}

} // namespace

TEST(mdmf_share, a_first_read_has_the_keys_the_chain_and_the_signature) {
  const auto head = mdmf::parse_share_head(byte_view(three_segments()).first(first_read));
  ASSERT_TRUE(head) << to_string(head.error());
  EXPECT_FALSE(head->complete());
  EXPECT_EQ(head->layout().length(), three_segments().size());
  for (const auto part : {share_field::public_key, share_field::signature, share_field::share_hash_chain,
                          share_field::encrypted_private_key})
    EXPECT_TRUE(head->part(part)) << to_string(part);
  EXPECT_EQ(head->part(share_field::share_data), std::nullopt);
  EXPECT_EQ(head->missing(share_field::block_hash_tree), head->layout().block_hash_tree);
  const auto key = verify_public_key(*head->part(share_field::public_key), test::some_keys().fingerprint);
  ASSERT_TRUE(key);
  EXPECT_TRUE(verify_signature(*key, head->signed_prefix(), *head->part(share_field::signature)));
}

TEST(mdmf_share, an_older_longer_share_s_tail_is_not_part_of_it) {
  auto raw = three_segments();
  const auto size = raw.size();
  raw.resize(size + 500, std::byte{0xee});
  const auto share = mdmf::parse_share(raw);
  ASSERT_TRUE(share);
  EXPECT_EQ(share->layout.length(), size);
  EXPECT_TRUE(mdmf::verify_share(*share, {2}, test::some_keys().fingerprint));
}

TEST(mdmf_share, cut_anywhere_the_missing_part_is_named) {
  const auto& raw = three_segments();
  const auto cut = [&](std::size_t size) {
    return fault_in(mdmf::parse_share(byte_view(raw).first(size))).field;
  };
  EXPECT_EQ(cut(0), share_field::version);
  EXPECT_EQ(cut(122), share_field::header);
  EXPECT_EQ(cut(123), share_field::encrypted_private_key);
  EXPECT_EQ(cut(1400), share_field::share_hash_chain);
  EXPECT_EQ(cut(1500), share_field::signature);
  EXPECT_EQ(cut(1800), share_field::public_key);
  EXPECT_EQ(cut(2100), share_field::share_data);
  EXPECT_EQ(cut(60'000), share_field::share_data);
  EXPECT_EQ(cut(raw.size() - 1), share_field::block_hash_tree);
}

TEST(mdmf_share, a_flip_in_each_part_is_found_where_it_is) {
  const auto layout = mdmf::parse_layout(three_segments()).value();
  EXPECT_EQ(with_flip(8).field, share_field::signature) << "sequence number: the signature covers it";
  EXPECT_EQ(with_flip(9).field, share_field::signature) << "root hash";
  EXPECT_EQ(with_flip(layout.public_key.offset).field, share_field::public_key);
  EXPECT_EQ(with_flip(layout.signature.offset).field, share_field::signature);
  EXPECT_EQ(with_flip(layout.share_hash_chain.offset + 1).field, share_field::share_hash_chain);
  EXPECT_EQ(with_flip(layout.share_hash_chain.offset + 5).field, share_field::share_hash_chain);
  for (std::uint64_t node = 0; node < 7; ++node)
    EXPECT_EQ(with_flip(layout.block_hash_tree.offset + node * 32).field, share_field::block_hash_tree)
        << "node " << node;
}

TEST(mdmf_share, a_flip_in_a_salt_or_a_block_names_its_segment) {
  const auto layout = mdmf::parse_layout(three_segments()).value();
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto place = mdmf::salted_block(layout.header, i);
    for (const auto at : {place.offset, place.offset + 16, place.end() - 1}) {
      const auto fault = with_flip(layout.share_data.offset + at);
      EXPECT_EQ(fault.field, share_field::share_data);
      EXPECT_NE(fault.detail.find("segment " + std::to_string(i) + " "), std::string::npos) << fault.detail;
    }
  }
}

TEST(mdmf_share, bytes_between_the_keys_and_the_data_mean_nothing) {
  auto raw = three_segments();
  const auto layout = mdmf::parse_layout(raw).value();
  ASSERT_LT(layout.public_key.end(), layout.share_data.offset);
  raw[layout.public_key.end()] = std::byte{7};
  const auto share = mdmf::parse_share(raw);
  ASSERT_TRUE(share);
  EXPECT_TRUE(mdmf::verify_share(*share, {2}, test::some_keys().fingerprint));
}

TEST(mdmf_share, some_segments_are_verified_with_no_more_than_their_own_blocks) {
  const auto share = mdmf::parse_share(three_segments()).value();
  const auto& header = share.header();
  for (const auto& range : {mdmf::segment_range{0, 1}, mdmf::segment_range{1, 1}, mdmf::segment_range{1, 2},
                            mdmf::segment_range{2, 1}, mdmf::segment_range{3, 0}}) {
    const auto place = mdmf::salted_blocks(header, range);
    auto blocks = to_bytes(share.share_data.subspan(place.offset, place.length));
    EXPECT_TRUE(mdmf::verify_blocks(header, share.block_hash_tree, range, blocks)) << range.first;
    if (blocks.empty())
      continue;
    blocks.back() ^= std::byte{1};
    EXPECT_EQ(fault_in(mdmf::verify_blocks(header, share.block_hash_tree, range, blocks)).fault,
              share_fault::mismatch);
    blocks.pop_back();
    EXPECT_EQ(fault_in(mdmf::verify_blocks(header, share.block_hash_tree, range, blocks)).fault,
              share_fault::truncated);
  }
  EXPECT_EQ(fault_in(mdmf::verify_blocks(header, share.block_hash_tree, {2, 2}, {})).fault,
            share_fault::out_of_range);
  EXPECT_EQ(fault_in(mdmf::verify_blocks(header, share.block_hash_tree, {UINT64_MAX, 2}, {})).fault,
            share_fault::out_of_range);
  EXPECT_EQ(fault_in(mdmf::verify_blocks(header, share.block_hash_tree.first(32), {0, 1}, {})).field,
            share_field::block_hash_tree);
}

TEST(mdmf_share, it_verifies_for_its_own_number_only) {
  const auto share = mdmf::parse_share(three_segments()).value();
  for (std::uint8_t number = 0; number < 12; ++number)
    EXPECT_EQ(mdmf::verify_share(share, {number}, test::some_keys().fingerprint).has_value(), number == 2)
        << int{number};
}

TEST(mdmf_share, the_tree_of_an_empty_file_is_the_empty_leaf) {
  const auto raw = test::mdmf_vector_share("k1n1s0/seq1/sh0");
  const auto share = mdmf::parse_share(raw).value();
  EXPECT_TRUE(mdmf::verify_hashes(share.header(), {0}, share.share_hash_chain, share.block_hash_tree));
  EXPECT_EQ(fault_in(mdmf::verify_hashes(share.header(), {0}, share.share_hash_chain, bytes(32))).field,
            share_field::block_hash_tree);
}

TEST(mdmf_share, an_sdmf_share_is_none) {
  const auto raw = test::vector_share("k3n10s1000/seq1/sh3");
  EXPECT_EQ(fault_in(mdmf::parse_share(raw)).fault, share_fault::unsupported_version);
}
