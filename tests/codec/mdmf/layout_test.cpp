#include "truckee/codec/mdmf/layout.hpp"

#include "codec/codec_test_support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

bytes real_mdmf_head() {
  auto share = test::mdmf_vector_share("k3n10s1000/seq1/sh0");
  share.resize(mdmf::header_size);
  return share;
}

/// Where the fault of a header is, after one field was set to a value.
template <class T>
share_error mdmf_fault_with(std::size_t at, T value) {
  auto head = real_mdmf_head();
  store_be<T>(mutable_byte_view(head).subspan(at, sizeof(T)), value);
  const auto layout = mdmf::parse_layout(head);
  if (layout)
    throw std::runtime_error("a header with " + std::to_string(value) + " at " + std::to_string(at) +
                             " was taken");
  return layout.error();
}

share_header header_with(std::uint64_t length, encoding shape = {3, 10}) {
  share_header out;
  out.shape = shape;
  out.data_length = length;
  return mdmf::make_layout(out, 294, 1218).header;
}

} // namespace

TEST(mdmf_layout, what_is_packed_is_what_is_parsed) {
  for (const auto shape : {encoding{1, 1}, encoding{3, 10}, encoding{7, 9}, encoding{255, 255}})
    for (const std::uint64_t length :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{131'072}, std::uint64_t{131'073},
          std::uint64_t{1} << 33, mdmf::data_length_max}) {
      share_header header;
      header.sequence = {77};
      header.shape = shape;
      header.data_length = length;
      header.root_hash.data.fill(std::byte{9});
      const auto layout = mdmf::make_layout(header, 294, 1218);
      bytes raw(mdmf::header_size);
      mdmf::pack_header(layout, raw);
      const auto parsed = mdmf::parse_layout(raw);
      ASSERT_TRUE(parsed) << to_string(parsed.error());
      EXPECT_EQ(parsed->header, layout.header);
      EXPECT_EQ(parsed->share_data, layout.share_data);
      EXPECT_EQ(parsed->public_key, layout.public_key);
      EXPECT_EQ(parsed->length(), layout.length());
      const auto prefix = mdmf::pack_prefix(layout.header);
      EXPECT_TRUE(equal(prefix, byte_view(raw).first(mdmf::signed_prefix_size)));
    }
}

TEST(mdmf_layout, keys_lie_tightly_and_the_data_at_their_fixed_place) {
  const auto layout = mdmf::parse_layout(real_mdmf_head());
  ASSERT_TRUE(layout) << to_string(layout.error());
  EXPECT_EQ(layout->encrypted_private_key, (byte_range{123, 1218}));
  EXPECT_EQ(layout->share_hash_chain, (byte_range{1341, 4 * 34}));
  EXPECT_EQ(layout->signature, (byte_range{1477, 256}));
  EXPECT_EQ(layout->public_key, (byte_range{1733, 294}));
  EXPECT_EQ(layout->share_data, (byte_range{2167, 16 + 334}));
  EXPECT_EQ(layout->block_hash_tree, (byte_range{2517, 32}));
  EXPECT_EQ(layout->length(), 2549U);
  EXPECT_EQ(layout->header.segment_size, 131'073U);
}

TEST(mdmf_layout, each_bad_field_is_named) {
  using enum share_field;
  EXPECT_EQ(mdmf_fault_with<std::uint8_t>(0, 0).field, version);
  EXPECT_EQ(mdmf_fault_with<std::uint8_t>(0, 2).field, version);
  EXPECT_EQ(mdmf_fault_with<std::uint8_t>(41, 0).field, needed);
  EXPECT_EQ(mdmf_fault_with<std::uint8_t>(41, 11).field, total);
  EXPECT_EQ(mdmf_fault_with<std::uint8_t>(42, 2).field, total);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(43, 131'072).field, segment_size);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(43, 0).field, segment_size);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(51, UINT64_MAX).field, data_length);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(51, mdmf::data_length_max + 1).field, data_length);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(51, mdmf::data_length_max).field, block_hash_tree_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(59, 122).field, encrypted_private_key_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(59, UINT64_MAX).field, encrypted_private_key_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(67, 0).field, share_hash_chain_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(67, UINT64_MAX).field, share_hash_chain_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(75, 1476).field, signature_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(83, 1734).field, public_key_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(91, 1733).field, public_key_end_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(91, UINT64_MAX).field, public_key_end_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(99, 2026).field, share_data_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(99, UINT64_MAX).field, share_data_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(107, 2516).field, block_hash_tree_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(115, 2548).field, end_offset);
  EXPECT_EQ(mdmf_fault_with<std::uint64_t>(115, UINT64_MAX).field, end_offset);
}

TEST(mdmf_layout, a_cut_header_is_truncated) {
  const auto head = real_mdmf_head();
  for (std::size_t size = 0; size < head.size(); ++size) {
    const auto layout = mdmf::parse_layout(byte_view(head).first(size));
    ASSERT_FALSE(layout);
    EXPECT_EQ(layout.error().fault, share_fault::truncated);
  }
}

TEST(mdmf_layout, the_segment_size_is_128_kib_rounded_up_to_a_multiple_of_k) {
  EXPECT_EQ(mdmf::segment_size({1, 1}), 131'072U);
  EXPECT_EQ(mdmf::segment_size({2, 3}), 131'072U);
  EXPECT_EQ(mdmf::segment_size({3, 10}), 131'073U);
  EXPECT_EQ(mdmf::segment_size({255, 255}), 131'325U);
}

TEST(mdmf_layout, an_empty_file_has_no_segment_and_a_tree_of_one_leaf) {
  const auto header = header_with(0);
  EXPECT_EQ(mdmf::segment_count(header), 0U);
  EXPECT_EQ(mdmf::salted_blocks(header, mdmf::all_segments(header)), (byte_range{0, 0}));
  EXPECT_EQ(mdmf::block_hash_tree_length(header), 32U);
  EXPECT_EQ(mdmf::touched_segments(header, 0, 100).count, 0U);
}

TEST(mdmf_layout, segments_at_their_edges) {
  const auto lengths = [](std::uint64_t length) {
    const auto header = header_with(length, {2, 3});
    std::vector<std::uint64_t> out;
    for (std::uint64_t i = 0; i < mdmf::segment_count(header); ++i)
      out.push_back(mdmf::segment_length(header, i));
    return out;
  };
  EXPECT_EQ(lengths(1), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(lengths(131'071), (std::vector<std::uint64_t>{131'071}));
  EXPECT_EQ(lengths(131'072), (std::vector<std::uint64_t>{131'072}));
  EXPECT_EQ(lengths(131'073), (std::vector<std::uint64_t>{131'072, 1}));
  EXPECT_EQ(lengths(262'144), (std::vector<std::uint64_t>{131'072, 131'072}));
  const auto header = header_with(262'145, {2, 3});
  EXPECT_EQ(mdmf::salted_block(header, 1), (byte_range{16 + 65'536, 16 + 65'536}));
  EXPECT_EQ(mdmf::salted_block(header, 2), (byte_range{2 * (16 + 65'536), 16 + 1}));
  EXPECT_EQ(mdmf::block_hash_tree_length(header), 7U * 32U);
}

TEST(mdmf_layout, touched_segments_are_those_that_have_a_byte_of_the_range) {
  const auto header = header_with(300'000, {2, 3});
  const auto touched = [&](std::uint64_t offset, std::uint64_t length) {
    return mdmf::touched_segments(header, offset, length);
  };
  EXPECT_EQ(touched(0, 1), (mdmf::segment_range{0, 1}));
  EXPECT_EQ(touched(131'071, 1), (mdmf::segment_range{0, 1}));
  EXPECT_EQ(touched(131'071, 2), (mdmf::segment_range{0, 2}));
  EXPECT_EQ(touched(131'072, 131'072), (mdmf::segment_range{1, 1}));
  EXPECT_EQ(touched(0, UINT64_MAX), (mdmf::segment_range{0, 3}));
  EXPECT_EQ(touched(299'999, UINT64_MAX), (mdmf::segment_range{2, 1}));
  EXPECT_EQ(touched(300'000, 1).count, 0U);
  EXPECT_EQ(touched(UINT64_MAX, UINT64_MAX).count, 0U);
  EXPECT_EQ(touched(5, 0).count, 0U);
  const auto all = mdmf::salted_blocks(header, mdmf::all_segments(header));
  EXPECT_EQ(mdmf::salted_blocks(header, {3, 0}), (byte_range{all.end(), 0})) << "within the share data";
}

TEST(mdmf_layout, the_segments_of_any_range_have_it_and_no_segment_that_it_does_not_touch) {
  const bool held = rc::check([](std::uint32_t length, std::uint32_t offset, std::uint32_t count) {
    const auto header = header_with(length % 2'000'000, {3, 5});
    const auto from = offset % 2'100'000;
    const auto many = count % 2'000'000;
    const auto touched = mdmf::touched_segments(header, from, many);
    RC_ASSERT(mdmf::has_segments(header, touched));
    const auto content = mdmf::content_of(header, touched);
    const auto begin = std::min<std::uint64_t>(from, header.data_length);
    const auto end = std::min<std::uint64_t>(begin + many, header.data_length);
    if (begin == end) {
      RC_ASSERT(touched.count == 0U);
      return;
    }
    RC_ASSERT(content.offset <= begin && end <= content.end());
    RC_ASSERT(begin - content.offset < header.segment_size && content.end() - end < header.segment_size);
  });
  EXPECT_TRUE(held);
}
