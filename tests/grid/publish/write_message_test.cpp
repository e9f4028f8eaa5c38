#include "grid/model_grid.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

read_test_write built(std::vector<planned_share> shares, const file_version& v = version(6)) {
  share_contents encoded;
  for (std::size_t i = 0; i < v.n; ++i)
    encoded[share(i)] = whole_share(shared_bytes::copy_of(share_of(v, share(i))));
  return build_message({1, server(0), std::move(shares)}, encoded, {}, {}).value();
}

read_test_write_answer answer(storage_status status, std::map<share_number, bytes> found) {
  read_test_write_answer out;
  out.status = status;
  for (auto& [number, data] : found)
    out.reads[number].push_back(
        shared_bytes::copy_of(byte_view{data}.first(std::min<std::size_t>(75, data.size()))));
  return out;
}

} // namespace

TEST(write_message, a_known_version_is_tested_by_its_checkstring) {
  const auto test = test_for(version(5));
  EXPECT_EQ(test.offset, 0U);
  EXPECT_EQ(test.length, 57U);
  EXPECT_TRUE(equal(test.specimen.view(), pack_checkstring(version(5))));
  auto mdmf = version(5);
  mdmf.salt.reset();
  EXPECT_EQ(test_for(mdmf).length, 41U);
}

TEST(write_message, a_bad_share_is_tested_by_the_bytes_seen) {
  const auto test = test_for(bad_share{to_bytes(as_bytes("rot")), ""});
  EXPECT_EQ(test.length, 75U);
  EXPECT_EQ(as_text(test.specimen.view()), "rot");
}

TEST(write_message, nothing_is_tested_by_an_empty_first_byte) {
  for (const belief& b : {belief(no_share{}), belief(bad_share{})}) {
    EXPECT_EQ(test_for(b).length, 1U);
    EXPECT_TRUE(test_for(b).specimen.empty());
  }
}

TEST(write_message, carries_whole_shares_at_offset_0_and_reads_the_prefix_of_every_share) {
  const auto message = built({{share(2), share_step::write, no_share{}},
                              {share(4), share_step::remove, version(5)},
                              {share(5), share_step::test_only, version(5)}});
  ASSERT_EQ(message.changes.size(), 3U);
  EXPECT_EQ(message.changes[0].writes.at(0).offset, 0U);
  EXPECT_TRUE(equal(message.changes[0].writes[0].data.view(), share_of(version(6), share(2))));
  EXPECT_EQ(message.changes[0].new_length, std::nullopt);
  EXPECT_EQ(message.changes[1].new_length, 0U);
  EXPECT_TRUE(message.changes[1].writes.empty());
  EXPECT_TRUE(message.changes[2].writes.empty());
  EXPECT_EQ(message.changes[2].new_length, std::nullopt);
  EXPECT_EQ(message.reads, (std::vector<read_vector>{{0, 75}}));
  EXPECT_GT(message_size(message), share_of(version(6), share(2)).size());
}

TEST(write_message, a_test_of_an_absent_share_makes_none) {
  const auto message = built({{share(5), share_step::test_only, no_share{}}});
  EXPECT_EQ(message.changes.at(0).new_length, 0U);
  model_slot slot;
  EXPECT_EQ(judge_answer(message, slot.apply(message)).kind, write_outcome_kind::written);
  EXPECT_TRUE(slot.shares.empty());
}

TEST(write_message, a_patch_changes_its_bytes_and_an_exact_share_loses_an_old_tail) {
  const auto tail = shared_bytes::copy_of(bytes{std::byte{7}});
  planned_share patch{share(1), share_step::patch, version(5)};
  patch.also.push_back({107, 1, shared_bytes::copy_of(bytes{std::byte{1}})});
  patch.bytes.push_back({107, tail});
  planned_share exact{share(2), share_step::write, version(5)};
  exact.exact = true;
  const auto message = built({patch, exact});
  EXPECT_EQ(message.changes[0].tests.size(), 2U);
  model_slot slot;
  slot.shares[share(1)] = share_of(version(5), share(1));
  slot.shares[share(2)] = share_of(version(5), share(2));
  slot.shares[share(2)].resize(500);
  EXPECT_EQ(judge_answer(message, slot.apply(message)).kind, write_outcome_kind::written);
  EXPECT_EQ(slot.shares[share(1)].back(), std::byte{7});
  EXPECT_EQ(slot.shares[share(2)], share_of(version(6), share(2)));
  EXPECT_EQ(judge_answer(message, slot.apply(message)).kind, write_outcome_kind::test_failed)
      << "a test beyond what is read back is the server's to judge";
}

TEST(write_message, an_order_may_have_more_read_back) {
  publish_message wide{1, server(0), {{share(0), share_step::remove, version(5)}}};
  wide.read_back.length = 100;
  const auto message = build_message(wide, {}, {}, {}).value();
  EXPECT_EQ(message.reads, (std::vector<read_vector>{{0, 100}}));
  read_test_write_answer longer;
  longer.reads[share(0)].push_back(shared_bytes::copy_of(share_of(version(5), share(0))).slice(0, 100));
  const auto judged = judge_answer(message, longer);
  EXPECT_EQ(judged.kind, write_outcome_kind::written);
  EXPECT_EQ(judged.found.at(share(0)).size(), 100U);
  EXPECT_EQ(build_reread({2, server(0), {0, 100}}, {}).reads, (std::vector<read_vector>{{0, 100}}));
}

TEST(write_message, a_share_that_was_not_encoded_is_a_defect_not_a_crash) {
  EXPECT_EQ(
      build_message({1, server(0), {{share(2), share_step::write, no_share{}}}}, {}, {}, {}).error().code,
      errc::internal);
}

TEST(write_message, every_status_of_a_store_has_its_outcome) {
  const auto message = built({{share(0), share_step::write, no_share{}}});
  const std::map<storage_status, write_outcome_kind> expected{
      {storage_status::ok, write_outcome_kind::written},
      {storage_status::test_failed, write_outcome_kind::malformed}, // nothing is there: the test cannot fail
      {storage_status::bad_write_enabler, write_outcome_kind::bad_write_enabler},
      {storage_status::no_space, write_outcome_kind::no_space},
      {storage_status::too_large, write_outcome_kind::refused},
      {storage_status::read_only, write_outcome_kind::read_only},
      {storage_status::refused, write_outcome_kind::refused},
      {storage_status::malformed, write_outcome_kind::refused},
      {storage_status::corrupt, write_outcome_kind::refused},
      {storage_status::io_error, write_outcome_kind::refused},
      {storage_status::not_found, write_outcome_kind::refused},
  };
  ASSERT_EQ(expected.size(), storage_status_count);
  for (const auto& [status, kind] : expected)
    EXPECT_EQ(judge_answer(message, answer(status, {})).kind, kind) << to_string(status);
  EXPECT_EQ(judge_answer(message, answer(static_cast<storage_status>(99), {})).kind,
            write_outcome_kind::malformed);
}

TEST(write_message, no_space_and_bad_write_enabler_keep_their_detail) {
  const auto message = built({{share(0), share_step::write, no_share{}}});
  auto full = answer(storage_status::no_space, {});
  full.bytes_available = 12;
  EXPECT_EQ(judge_answer(message, full).bytes_available, 12U);
  auto foreign = answer(storage_status::bad_write_enabler, {});
  foreign.recorded_node = server(8);
  EXPECT_EQ(judge_answer(message, foreign).recorded_node, server(8));
}

TEST(write_message, an_answer_that_contradicts_its_own_read_back_is_malformed) {
  const auto message = built({{share(0), share_step::write, version(5)}});
  const auto there = share_of(version(5), share(0));
  const auto other = share_of(version(5, 9), share(0));
  EXPECT_EQ(judge_answer(message, answer(storage_status::ok, {{share(0), there}})).kind,
            write_outcome_kind::written);
  EXPECT_EQ(judge_answer(message, answer(storage_status::ok, {{share(0), other}})).kind,
            write_outcome_kind::malformed);
  EXPECT_EQ(judge_answer(message, answer(storage_status::ok, {})).kind, write_outcome_kind::malformed);
  EXPECT_EQ(judge_answer(message, answer(storage_status::test_failed, {{share(0), there}})).kind,
            write_outcome_kind::malformed);
  EXPECT_EQ(judge_answer(message, answer(storage_status::test_failed, {{share(0), other}})).kind,
            write_outcome_kind::test_failed);
}

TEST(write_message, hostile_shapes_are_malformed) {
  const auto message = built({{share(0), share_step::write, no_share{}}});
  auto twice = answer(storage_status::ok, {{share(3), share_of(version(5), share(3))}});
  twice.reads[share(3)].push_back({});
  EXPECT_EQ(judge_answer(message, twice).kind, write_outcome_kind::malformed);
  auto none = answer(storage_status::ok, {});
  none.reads[share(3)];
  EXPECT_EQ(judge_answer(message, none).kind, write_outcome_kind::malformed);
  auto longer = answer(storage_status::ok, {});
  longer.reads[share(3)].push_back(shared_bytes::copy_of(bytes(76)));
  EXPECT_EQ(judge_answer(message, longer).kind, write_outcome_kind::malformed);
  EXPECT_EQ(judge_answer(message, answer(storage_status::ok, {{share(255), {}}})).kind,
            write_outcome_kind::malformed);
}

TEST(write_message, a_transport_failure_is_unknown_once_the_message_was_sent) {
  EXPECT_EQ(transport_failure(true, "timeout").kind, write_outcome_kind::unknown);
  EXPECT_EQ(transport_failure(false, "refused").kind, write_outcome_kind::unreachable);
}

TEST(write_message, a_re_read_with_damage_does_not_claim_that_shares_are_gone) {
  slot_read_answer damaged;
  damaged.damaged[share(1)] = "container";
  EXPECT_FALSE(judge_reread({}, damaged).answered);
  EXPECT_FALSE(judge_reread({}, {storage_status::io_error, {}, {}, {}}).answered);
  EXPECT_TRUE(judge_reread({}, {}).answered);
}

RC_GTEST_PROP(write_message, an_honest_server_never_looks_malformed, ()) {
  model_slot slot;
  std::vector<planned_share> shares;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::vector<belief> beliefs{no_share{}, version(5), version(4),
                                      bad_share{to_bytes(as_bytes("\x09 rot")), ""}};
    const auto there = *rc::gen::elementOf(beliefs);
    if (const auto* v = std::get_if<file_version>(&there))
      slot.shares[share(i)] = share_of(*v, share(i));
    else if (std::holds_alternative<bad_share>(there))
      slot.shares[share(i)] = to_bytes(as_bytes("\x09 rot"));
    if (*rc::gen::arbitrary<bool>())
      shares.push_back({share(i), share_step::write, *rc::gen::elementOf(beliefs)});
  }
  const auto message = built(std::move(shares));
  const auto before = slot.shares;
  const auto judged = judge_answer(message, slot.apply(message));
  RC_ASSERT(judged.kind == write_outcome_kind::written || judged.kind == write_outcome_kind::test_failed);
  if (judged.kind == write_outcome_kind::test_failed)
    RC_ASSERT(slot.shares == before);
}
