#include "truckee/codec/sdmf/share.hpp"

#include "codec/codec_test_support.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

constexpr std::size_t first_read = 4000; // bytes a map update reads of each share

bytes big_share() {
  test::codec_world world;
  const bytes content(30000, std::byte{1});
  return to_bytes(world.encode(content, {3, 10}).shares[2].view());
}

template <class T>
share_field field_of(const share_result<T>& got) {
  EXPECT_FALSE(got) << "taken, though it is wrong";
  return got ? share_field::version : got.error().field;
}

template <class T>
share_fault fault_of(const share_result<T>& got) {
  return got ? share_fault::truncated : got.error().fault;
}

} // namespace

TEST(share_head, a_first_read_gives_all_but_the_parts_behind_it_and_says_where_they_are) {
  const auto share = big_share();
  const auto head = sdmf::parse_share_head(byte_view(share).first(first_read));
  ASSERT_TRUE(head) << to_string(head.error());
  EXPECT_FALSE(head->complete());
  EXPECT_EQ(head->layout().length(), share.size());
  for (const auto part : {share_field::public_key, share_field::signature, share_field::share_hash_chain,
                          share_field::block_hash_tree}) {
    EXPECT_TRUE(head->part(part)) << to_string(part);
    EXPECT_EQ(head->missing(part), std::nullopt);
  }
  EXPECT_EQ(head->part(share_field::share_data), std::nullopt);
  EXPECT_EQ(head->missing(share_field::share_data), (byte_range{825, 10000}));
  EXPECT_EQ(head->missing(share_field::encrypted_private_key), (byte_range{10825, 1218}));
  const auto key = verify_public_key(*head->part(share_field::public_key), test::some_keys().fingerprint);
  ASSERT_TRUE(key);
  EXPECT_TRUE(verify_signature(*key, head->signed_prefix(), *head->part(share_field::signature)));
}

TEST(share_head, a_small_share_needs_no_second_read) {
  const auto head = sdmf::parse_share_head(test::vector_share("k3n10s1000/seq1/sh3"));
  ASSERT_TRUE(head);
  EXPECT_TRUE(head->complete());
  EXPECT_EQ(head->missing(share_field::encrypted_private_key), std::nullopt);
}

TEST(share, an_older_longer_share_s_tail_is_not_part_of_it) {
  auto raw = test::vector_share("k3n10s1000/seq1/sh3");
  const auto size = raw.size();
  raw.resize(size + 500, std::byte{0xee});
  const auto share = sdmf::parse_share(raw);
  ASSERT_TRUE(share);
  EXPECT_EQ(share->layout.length(), size);
  EXPECT_TRUE(sdmf::verify_share(*share, {3}, test::some_keys().fingerprint));
}

TEST(share, cut_anywhere_the_missing_part_is_named) {
  const auto raw = test::vector_share("k3n10s1000/seq1/sh3");
  const auto cut = [&](std::size_t size) { return field_of(sdmf::parse_share(byte_view(raw).first(size))); };
  EXPECT_EQ(cut(0), share_field::version);
  EXPECT_EQ(cut(106), share_field::header);
  EXPECT_EQ(cut(107), share_field::public_key);
  EXPECT_EQ(cut(500), share_field::signature);
  EXPECT_EQ(cut(700), share_field::share_hash_chain);
  EXPECT_EQ(cut(800), share_field::block_hash_tree);
  EXPECT_EQ(cut(900), share_field::share_data);
  EXPECT_EQ(cut(raw.size() - 1), share_field::encrypted_private_key);
}

TEST(share, a_flip_in_each_part_is_found_where_it_is) {
  const auto raw = test::vector_share("k3n10s1000/seq1/sh3");
  const auto flipped = [&](std::size_t at) {
    auto bad = raw;
    bad[at] ^= std::byte{1};
    const auto share = sdmf::parse_share(bad);
    EXPECT_TRUE(share);
    return field_of(sdmf::verify_share(*share, {3}, test::some_keys().fingerprint));
  };
  EXPECT_EQ(flipped(8), share_field::signature) << "sequence number: the signature covers it";
  EXPECT_EQ(flipped(9), share_field::signature) << "root hash";
  EXPECT_EQ(flipped(41), share_field::signature) << "salt";
  EXPECT_EQ(flipped(107), share_field::public_key);
  EXPECT_EQ(flipped(401), share_field::signature);
  EXPECT_EQ(flipped(658), share_field::share_hash_chain) << "a node number";
  EXPECT_EQ(flipped(700), share_field::share_hash_chain) << "a hash";
  EXPECT_EQ(flipped(793), share_field::share_hash_chain) << "the block hash tree does not lead to the root";
  EXPECT_EQ(flipped(825), share_field::share_data);
}

TEST(share, it_verifies_for_its_own_number_only) {
  const auto raw = test::vector_share("k3n10s1000/seq1/sh3");
  const auto share = sdmf::parse_share(raw);
  ASSERT_TRUE(share);
  for (std::uint8_t number = 0; number < 12; ++number) {
    const auto verified = sdmf::verify_share(*share, {number}, test::some_keys().fingerprint);
    EXPECT_EQ(verified.has_value(), number == 3) << int{number};
  }
}

TEST(share, another_file_s_share_does_not_pass) {
  const auto raw = test::vector_share("k1n1s1/seq1/sh0");
  const auto share = sdmf::parse_share(raw);
  ASSERT_TRUE(share);
  const auto verified = sdmf::verify_share(*share, {0}, test::some_keys().fingerprint);
  EXPECT_EQ(field_of(verified), share_field::public_key);
  EXPECT_EQ(fault_of(verified), share_fault::mismatch);
}

TEST(share, a_private_key_must_hash_to_the_write_key) {
  const auto raw = test::vector_share("k3n10s1000/seq1/sh3");
  const auto share = sdmf::parse_share(raw);
  ASSERT_TRUE(share);
  ASSERT_TRUE(decrypt_private_key(share->encrypted_private_key, test::some_keys().write));
  auto flipped = to_bytes(share->encrypted_private_key);
  flipped[600] ^= std::byte{1};
  EXPECT_EQ(fault_of(decrypt_private_key(flipped, test::some_keys().write)), share_fault::mismatch);
  EXPECT_EQ(fault_of(decrypt_private_key(share->encrypted_private_key, crypto::write_key{})),
            share_fault::mismatch);
  EXPECT_EQ(fault_of(decrypt_private_key({}, test::some_keys().write)), share_fault::mismatch);
}

TEST(share, an_error_reads_as_a_sentence_and_becomes_a_general_error) {
  const auto share = sdmf::parse_share(byte_view());
  ASSERT_FALSE(share);
  EXPECT_EQ(to_string(share.error()), "version: truncated: the share is empty");
  EXPECT_EQ(to_error(share.error()).code, errc::malformed);
}
