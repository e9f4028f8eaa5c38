#include "codec/codec_test_support.hpp"
#include "truckee/shares/sdmf_format.hpp"
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
  static codec::share_layout layout_of(const bytes& share) {
    return codec::sdmf::parse_layout(share).value();
  }

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

TEST_F(shares_sighting, a_large_mdmf_share_is_seen_with_its_key_which_stands_before_the_data) {
  const auto file = world_.encode_mdmf(bytes(300'000, std::byte{'l'}), {3, 10});
  const auto seen = look(first_of(whole(file)));
  ASSERT_EQ(seen.answer.good.size(), 1U);
  EXPECT_EQ(seen.answer.good[0].version, grid::parse_prefix(whole(file)).value());
  EXPECT_EQ(seen.answer.good[0].version.format(), grid::share_format::mdmf);
  EXPECT_TRUE(seen.answer.good[0].private_key_at_hand);
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
  EXPECT_NE(fault_of(share), "none") << "an SDMF share is no MDMF one";
  share[0] = std::byte{2};
  EXPECT_NE(fault_of(share).find("version 2 is not known"), std::string::npos);
}

TEST_F(shares_sighting, the_slot_has_what_tests_compare_and_the_note_of_its_writer) {
  const grid::writer_note note{grid::setting_hash::from(bytes(8, std::byte{7})).value(), 5, {77}};
  const grid::note_noise noise = world_.random.make<grid::note_noise>();
  const bytes content(100, std::byte{'n'});
  const encode_request request{.content = content,
                               .spread = {3, 10, 7},
                               .sequence = sequence_number{9},
                               .keys = some_keys(),
                               .salt = grid::pack_note(note, noise)};
  const auto made = encode(request, world_.context).value();
  auto answer = first_of(to_bytes(made.shares.at({4}).writes.at(0).data.view()));
  answer.reads[{5}] = first_of(whole(small_, 5), 5).reads.at({5});
  answer.reads[{6}] = {shared_bytes()};
  answer.reads[{7}] = {shared_bytes::copy_of(as_bytes("no share"))};
  const auto seen = look_at_slot(access_, answer, first_read_size, false);
  ASSERT_TRUE(seen.slot);
  ASSERT_EQ(seen.slot->size(), 3U) << "a share without bytes is none";
  const auto& noted = std::get<grid::sealed_share>(seen.slot->at({4}));
  EXPECT_EQ(noted.version, made.version);
  EXPECT_EQ(noted.note, note);
  const auto& share = made.shares.at({4}).writes.at(0).data;
  const auto at = sdmf_format().signature_offset(some_keys().signing.public_half().der()).value();
  EXPECT_EQ(noted.seal, grid::seal_of(share.view().subspan(at, crypto::signature_size)));
  const auto salt = some_keys().signing.public_half().salt_of(
      grid::pack_prefix(made.version), share.view().subspan(at, crypto::signature_size));
  EXPECT_EQ(salt, grid::pack_note(note, noise)) << "byte for byte";
  EXPECT_FALSE(std::get<grid::sealed_share>(seen.slot->at({5})).note) << "nobody chose its salt";
  EXPECT_EQ(std::get<grid::bad_share>(seen.slot->at({7})).seen, to_bytes(as_bytes("no share")));
}

TEST_F(shares_sighting, an_mdmf_share_in_a_slot_is_one_that_the_strict_order_leaves_alone) {
  const auto file = world_.encode_mdmf(bytes(100, std::byte{'m'}), {3, 10});
  const auto share = whole(file);
  const auto seen = look_at_slot(access_, first_of(share), first_read_size, false);
  EXPECT_EQ(seen.answer.good.size(), 1U);
  ASSERT_TRUE(seen.slot);
  const auto& held = std::get<grid::bad_share>(seen.slot->at({4}));
  EXPECT_EQ(held.seen, to_bytes(byte_view(share).first(grid::damaged_bytes_max)));
  EXPECT_NE(held.reason.find("MDMF"), std::string::npos);
}

TEST_F(shares_sighting, a_slot_that_is_not_known_whole_is_not_known) {
  auto damaged = first_of(whole(small_));
  damaged.damaged[{2}] = "its container is broken";
  EXPECT_FALSE(look_at_slot(access_, damaged, first_read_size, false).slot);
  auto other_question = first_of(whole(small_));
  other_question.reads.at({4}).push_back(shared_bytes());
  EXPECT_FALSE(look_at_slot(access_, other_question, first_read_size, false).slot);
  EXPECT_TRUE(look_at_slot(access_, {}, first_read_size, false).slot) << "an empty slot is known";
}
