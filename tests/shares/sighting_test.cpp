#include "codec/codec_test_support.hpp"
#include "truckee/shares/sighting.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::shares;
using namespace truckee::test;

namespace {

class shares_sighting : public ::testing::Test {
protected:
  shares_sighting() {
    const auto& keys = some_keys();
    access_ = access_to({crypto::file_format::sdmf, keys.write, keys.fingerprint});
    const bytes small(100, std::byte{'s'});
    small_ = world_.encode(small, {3, 10});
    const bytes large(60'000, std::byte{'l'});
    large_ = world_.encode(large, {3, 10});
  }

  /// What a server answers to a first read: these bytes of share 4.
  static grid::slot_read_answer first_of(const bytes& share, std::uint8_t number = 4) {
    grid::slot_read_answer out;
    const auto length = std::min<std::size_t>(share.size(), first_read_size);
    out.reads[{number}] = {shared_bytes::copy_of(byte_view(share).first(length))};
    return out;
  }
  static bytes whole(const codec::encoded_file& file, std::size_t number = 4) {
    return to_bytes(file.shares.at(number).view());
  }
  sighting look(const grid::slot_read_answer& answer, bool want_key = true) const {
    return look_at(access_, answer, first_read_size, want_key);
  }
  std::string fault_of(const bytes& share, std::uint8_t number = 4) const {
    const auto seen = look(first_of(share, number));
    EXPECT_TRUE(seen.answer.good.empty());
    return seen.answer.bad.size() == 1 ? seen.answer.bad.front().reason : "none";
  }
  static bytes flipped(bytes share, std::size_t at) {
    share.at(at) ^= std::byte{1};
    return share;
  }
  static codec::share_layout layout_of(const bytes& share) { return codec::parse_layout(share).value(); }

  codec_world world_;
  file_access access_;
  codec::encoded_file small_;
  codec::encoded_file large_;
};

} // namespace

TEST_F(shares_sighting, a_small_share_is_seen_whole_with_its_key) {
  const auto seen = look(first_of(whole(small_)));
  ASSERT_EQ(seen.answer.good.size(), 1U);
  EXPECT_TRUE(seen.answer.bad.empty());
  EXPECT_EQ(seen.answer.good[0].share.value, 4);
  EXPECT_EQ(seen.answer.good[0].version, grid::parse_prefix(whole(small_)).value());
  EXPECT_TRUE(seen.answer.good[0].private_key_at_hand);
  EXPECT_TRUE(seen.private_key);
  EXPECT_TRUE(reads_for_body(seen.heads.at({4}))->empty());
}

TEST_F(shares_sighting, a_large_share_is_seen_by_its_beginning) {
  const auto seen = look(first_of(whole(large_)));
  ASSERT_EQ(seen.answer.good.size(), 1U);
  EXPECT_FALSE(seen.answer.good[0].private_key_at_hand) << "it stands behind the data";
  EXPECT_FALSE(seen.private_key);
  EXPECT_EQ(reads_for_body(seen.heads.at({4}))->size(), 2U);
}

TEST_F(shares_sighting, the_private_key_is_left_alone_unless_wanted_and_ours_to_open) {
  EXPECT_FALSE(look(first_of(whole(small_)), false).private_key);
  access_.write.reset();
  const auto seen = look(first_of(whole(small_)));
  EXPECT_EQ(seen.answer.good.size(), 1U);
  EXPECT_FALSE(seen.private_key);
}

TEST_F(shares_sighting, a_damaged_private_key_spoils_no_share) {
  const auto share = whole(small_);
  const auto seen = look(first_of(flipped(share, layout_of(share).encrypted_private_key.offset + 7)));
  ASSERT_EQ(seen.answer.good.size(), 1U);
  EXPECT_FALSE(seen.answer.good[0].private_key_at_hand);
}

TEST_F(shares_sighting, every_damaged_part_is_named_and_what_was_seen_is_kept) {
  const auto share = whole(small_);
  const auto at = layout_of(share);
  for (const auto offset :
       {std::size_t{1}, std::size_t{20}, at.public_key.offset + 30, at.signature.offset,
        at.share_hash_chain.offset + 3, at.block_hash_tree.offset, at.share_data.offset}) {
    const auto damaged = flipped(share, offset);
    const auto seen = look(first_of(damaged));
    EXPECT_TRUE(seen.answer.good.empty()) << "byte " << offset;
    ASSERT_EQ(seen.answer.bad.size(), 1U) << "byte " << offset;
    EXPECT_FALSE(seen.answer.bad[0].reason.empty());
    EXPECT_EQ(seen.answer.bad[0].seen, to_bytes(byte_view(damaged).first(grid::prefix_read_size)))
        << "the test of the next write is on these bytes";
    EXPECT_TRUE(seen.heads.empty());
  }
}

TEST_F(shares_sighting, a_share_under_another_number_is_refused) {
  EXPECT_NE(fault_of(whole(small_, 5)), "none") << "the hash chain is share 5's";
  EXPECT_NE(fault_of(whole(large_), 10).find("not below N"), std::string::npos);
}

TEST_F(shares_sighting, a_share_of_another_file_is_refused) {
  access_.fingerprint.data[0] ^= std::byte{1};
  EXPECT_NE(fault_of(whole(small_)), "none");
}

TEST_F(shares_sighting, a_share_that_ends_too_soon_is_refused) {
  auto share = whole(large_);
  share.resize(200);
  EXPECT_NE(fault_of(share), "none");
  share.resize(0);
  EXPECT_NE(fault_of(share), "none");
}

TEST_F(shares_sighting, an_answer_to_another_question_is_no_share) {
  auto longer = first_of(whole(large_));
  longer.reads[{4}] = {shared_bytes(whole(large_))};
  EXPECT_EQ(look(longer).answer.bad.size(), 1U) << "more than was asked for";
  auto twice = first_of(whole(small_));
  twice.reads[{4}].push_back(twice.reads[{4}].front());
  EXPECT_EQ(look(twice).answer.bad.size(), 1U);
  grid::slot_read_answer broken;
  broken.damaged[{7}] = "its container is damaged";
  const auto seen = look(broken);
  ASSERT_EQ(seen.answer.bad.size(), 1U);
  EXPECT_NE(seen.answer.bad[0].reason.find("its container is damaged"), std::string::npos);
}

TEST_F(shares_sighting, a_share_of_a_format_that_is_not_known_is_told_as_such) {
  auto share = whole(small_);
  share[0] = std::byte{1};
  EXPECT_NE(fault_of(share).find("MDMF"), std::string::npos);
  share[0] = std::byte{2};
  EXPECT_NE(fault_of(share).find("version 2 is not known"), std::string::npos);
}
