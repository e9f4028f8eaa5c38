#include "truckee/codec/sdmf/layout.hpp"

#include "codec/codec_test_support.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

bytes real_head() {
  auto share = test::vector_share("k3n10s1000/seq1/sh0");
  share.resize(sdmf::header_size);
  return share;
}

/// Where the fault of a header is, after one field was set to a value.
template <class T>
share_error fault_with(std::size_t at, T value) {
  auto head = real_head();
  store_be<T>(mutable_byte_view(head).subspan(at, sizeof(T)), value);
  const auto layout = sdmf::parse_layout(head);
  if (layout)
    throw std::runtime_error("a header with " + std::to_string(value) + " at " + std::to_string(at) +
                             " was taken");
  return layout.error();
}

} // namespace

TEST(sdmf_layout, what_is_packed_is_what_is_parsed) {
  for (const auto shape : {encoding{1, 1}, encoding{3, 10}, encoding{255, 255}})
    for (const std::uint64_t length : {0ULL, 1ULL, 1000ULL, 1ULL << 33}) {
      share_header header;
      header.sequence = {77};
      header.shape = shape;
      header.data_length = length;
      header.root_hash.data.fill(std::byte{9});
      const auto layout = sdmf::make_layout(header, 294, 1218);
      bytes raw(sdmf::header_size);
      sdmf::pack_header(layout, raw);
      const auto parsed = sdmf::parse_layout(raw);
      ASSERT_TRUE(parsed) << to_string(parsed.error());
      EXPECT_EQ(parsed->header, layout.header);
      EXPECT_EQ(parsed->share_data, layout.share_data);
      EXPECT_EQ(parsed->length(), layout.length());
      const auto prefix = sdmf::pack_prefix(layout.header);
      EXPECT_TRUE(equal(prefix, byte_view(raw).first(sdmf::signed_prefix_size)));
      EXPECT_TRUE(equal(sdmf::pack_checkstring(layout.header), byte_view(raw).first(sdmf::checkstring_size)));
    }
}

TEST(sdmf_layout, parts_lie_tightly_one_after_the_other) {
  const auto layout = sdmf::parse_layout(real_head());
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->public_key, (byte_range{107, 294}));
  EXPECT_EQ(layout->signature, (byte_range{401, 256}));
  EXPECT_EQ(layout->share_hash_chain, (byte_range{657, 4 * 34}));
  EXPECT_EQ(layout->block_hash_tree, (byte_range{793, 32}));
  EXPECT_EQ(layout->share_data, (byte_range{825, 334}));
  EXPECT_EQ(layout->encrypted_private_key, (byte_range{1159, 1218}));
  EXPECT_EQ(layout->length(), 2377U);
}

TEST(sdmf_layout, each_bad_field_is_named) {
  using enum share_field;
  EXPECT_EQ(fault_with<std::uint8_t>(0, 2).field, version);
  EXPECT_EQ(fault_with<std::uint8_t>(57, 0).field, needed);
  EXPECT_EQ(fault_with<std::uint8_t>(57, 11).field, total);
  EXPECT_EQ(fault_with<std::uint8_t>(58, 2).field, total);
  EXPECT_EQ(fault_with<std::uint64_t>(59, 1001).field, segment_size);
  EXPECT_EQ(fault_with<std::uint64_t>(67, 5000).field, segment_size);
  EXPECT_EQ(fault_with<std::uint64_t>(67, UINT64_MAX).field, data_length);
  EXPECT_EQ(fault_with<std::uint32_t>(75, 0).field, signature_offset);
  EXPECT_EQ(fault_with<std::uint32_t>(75, UINT32_MAX).field, signature_offset);
  EXPECT_EQ(fault_with<std::uint32_t>(79, 656).field, share_hash_chain_offset);
  EXPECT_EQ(fault_with<std::uint32_t>(83, 792).field, block_hash_tree_offset);
  EXPECT_EQ(fault_with<std::uint32_t>(87, 0).field, share_data_offset);
  EXPECT_EQ(fault_with<std::uint64_t>(91, UINT64_MAX).field, encrypted_private_key_offset);
  EXPECT_EQ(fault_with<std::uint64_t>(99, 1159).field, end_offset);
  EXPECT_EQ(fault_with<std::uint64_t>(99, UINT64_MAX).field, end_offset);
}

TEST(sdmf_layout, mdmf_and_unknown_versions_are_unsupported_even_when_cut) {
  for (const std::size_t size : {1U, 59U, 107U, 123U})
    for (const int version : {1, 2, 255}) {
      bytes head(size);
      head[0] = static_cast<std::byte>(version);
      const auto layout = sdmf::parse_layout(head);
      ASSERT_FALSE(layout);
      EXPECT_EQ(layout.error().fault, share_fault::unsupported_version);
      EXPECT_EQ(layout.error().field, share_field::version);
    }
}

TEST(sdmf_layout, a_cut_header_is_truncated) {
  const auto head = real_head();
  for (std::size_t size = 0; size < head.size(); ++size) {
    const auto layout = sdmf::parse_layout(byte_view(head).first(size));
    ASSERT_FALSE(layout);
    EXPECT_EQ(layout.error().fault, share_fault::truncated);
  }
}

TEST(share_error, every_field_and_fault_has_a_name) {
  for (std::uint8_t i = 0; i < share_field_count; ++i)
    EXPECT_NE(to_string(static_cast<share_field>(i)), "unknown field") << int{i};
  for (std::uint8_t i = 0; i < share_fault_count; ++i)
    EXPECT_NE(to_string(static_cast<share_fault>(i)), "unknown fault") << int{i};
  EXPECT_EQ(to_string(static_cast<share_field>(share_field_count)), "unknown field");
  EXPECT_EQ(to_error({share_field::signature, share_fault::mismatch, "x"}).code, errc::corrupt);
  EXPECT_EQ(to_error({share_field::signature, share_fault::truncated, "x"}).code, errc::malformed);
}
