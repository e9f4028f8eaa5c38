#include "truckee/actors/links/gbs_requests.hpp"

#include "gbs/fake_server.hpp"

#include <future>
#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using grid::storage_status;
using messages::delivery;
using test::fault;

namespace {

shared_bytes text(std::string_view x) {
  return shared_bytes::copy_of(x);
}

/// What a link asks, and a real port with the protocol answers.
class gbs_requests : public testing::Test {
protected:
  using delivered = actors::delivered;

  delivered send(actors::storage_request what, messages::duration silence = 400ms) {
    auto told = std::make_shared<std::promise<delivered>>();
    auto out = told->get_future();
    send_by_gbs(to_, std::move(what), silence, [this, told](delivered x, bool broken) {
      broken_ = broken;
      told->set_value(std::move(x));
    });
    return out.get();
  }
  static std::shared_ptr<grid::read_test_write> change(std::vector<grid::share_change> changes) {
    auto out = std::make_shared<grid::read_test_write>();
    out->changes = std::move(changes);
    out->reads = {{0, 8}};
    return out;
  }
  /// Shares 0 and 3, of that content.
  grid::read_test_write_answer write(std::string_view content, std::vector<grid::test_vector> tests = {}) {
    const auto got = send(change({{share_number{0}, tests, {{0, text(content)}}, {}},
                                  {share_number{3}, tests, {{0, text(content)}}, {}}}));
    EXPECT_EQ(got.how, delivery::answered) << got.text;
    return got.how == delivery::answered ? std::get<grid::read_test_write_answer>(got.answer)
                                         : grid::read_test_write_answer{};
  }
  grid::slot_read_answer read(std::vector<share_number> shares, std::vector<grid::read_vector> reads) {
    const auto got = send(grid::slot_read{{}, std::move(shares), std::move(reads)});
    EXPECT_EQ(got.how, delivery::answered) << got.text;
    return got.how == delivery::answered ? std::get<grid::slot_read_answer>(got.answer)
                                         : grid::slot_read_answer{};
  }
  actors::gbs_introduction introduce(const std::optional<server_id>& id = {}) {
    std::promise<actors::gbs_introduction> told;
    introduce_by_gbs(to_, id, 400ms, [&](actors::gbs_introduction x) { told.set_value(std::move(x)); });
    return told.get_future().get();
  }

  std::unique_ptr<test::fake_server> server_ = test::fake_server::in_memory();
  gbs::client client_;
  actors::gbs_server to_{client_.open({.at = server_->nurl().at, .pin = server_->nurl().pin}),
                         server_->nurl().swissnum};
  bool broken_ = false;
};

} // namespace

TEST_F(gbs_requests, a_server_is_who_its_certificate_says_unless_it_is_known_already) {
  auto who = introduce();
  ASSERT_TRUE(who.info) << who.text;
  EXPECT_EQ(who.info->id, server_->certificate_id());
  EXPECT_EQ(who.info->permutation_seed, to_bytes(server_->certificate_id().view()));
  EXPECT_GT(who.info->bytes_available, 0U);
  server_id other;
  other.data.fill(std::byte{7});
  EXPECT_EQ(introduce(other).info->id, other);
}

TEST_F(gbs_requests, an_introduction_tells_whether_to_try_again) {
  to_.swissnum = "another";
  EXPECT_EQ(introduce().why, actors::link_failure::refused);
  to_.swissnum = server_->nurl().swissnum;
  server_->go_wrong(fault::in_trouble);
  EXPECT_EQ(introduce().why, actors::link_failure::unreachable);
  server_->go_wrong(fault::talks_html);
  EXPECT_EQ(introduce().why, actors::link_failure::refused);
  server_->go_wrong(fault::never_answers);
  EXPECT_TRUE(introduce().timed_out);
}

TEST_F(gbs_requests, changes_pass_their_tests_or_do_not) {
  EXPECT_EQ(write("version1", {{0, 1, {}}}).status, storage_status::ok);
  const auto failed = write("version2", {{0, 1, {}}});
  EXPECT_EQ(failed.status, storage_status::test_failed);
  EXPECT_EQ(failed.reads, (grid::share_reads{{share_number{0}, {text("version1")}},
                                             {share_number{3}, {text("version1")}}}));
  EXPECT_EQ(write("version2", {{0, 8, text("version1")}}).status, storage_status::ok);
}

TEST_F(gbs_requests, a_wrong_write_enabler_and_a_wrong_swissnum_are_told_apart) {
  write("version1");
  const auto other = change({{share_number{0}, {}, {{0, text("x")}}, {}}});
  other->secrets.write_enabler.data.fill(std::byte{9});
  EXPECT_EQ(std::get<grid::read_test_write_answer>(send(other).answer).status,
            storage_status::bad_write_enabler);
  to_.swissnum = "another";
  EXPECT_EQ(std::get<grid::read_test_write_answer>(send(other).answer).status, storage_status::refused);
}

TEST_F(gbs_requests, a_change_without_a_whole_answer_is_unknown_and_no_conflict) {
  for (const auto how :
       {fault::in_trouble, fault::broken_cbor, fault::talks_html, fault::truncates, fault::stalls,
        fault::never_answers, fault::never_ends, fault::redirects, fault::long_head}) {
    server_->go_wrong(how);
    const auto got = send(change({{share_number{1}, {}, {{0, text("x")}}, {}}}));
    EXPECT_EQ(got.how, delivery::unknown) << static_cast<int>(how);
    EXPECT_EQ(got.timed_out, how == fault::stalls || how == fault::never_answers) << static_cast<int>(how);
    EXPECT_FALSE(got.text.empty());
    EXPECT_EQ(got.text.find('\x1b'), std::string::npos) << got.text;
  }
}

TEST_F(gbs_requests, a_change_that_finds_nobody_was_never_sent) {
  to_.line = client_.open({.at = {"127.0.0.1", 9}, .pin = server_->nurl().pin});
  const auto got = send(change({{share_number{1}, {}, {{0, text("x")}}, {}}}));
  EXPECT_EQ(got.how, delivery::unreachable) << got.text;
  EXPECT_TRUE(broken_);
}

TEST_F(gbs_requests, what_no_server_takes_is_not_sent) {
  std::vector<grid::test_vector> tests(31);
  EXPECT_EQ(write("x", tests).status, storage_status::too_large);
  EXPECT_EQ(server_->requests(), 0U);
}

TEST_F(gbs_requests, a_slot_is_read_share_by_share) {
  EXPECT_TRUE(read({}, {{0, 10}}).reads.empty()) << "nothing is known of it";
  write("0123456789");
  const auto all = read({}, {{0, 3}, {8, 10}, {10, 5}, {4, 0}});
  ASSERT_EQ(all.status, storage_status::ok);
  ASSERT_EQ(all.reads.size(), 2U);
  for (const auto& [share, parts] : all.reads)
    EXPECT_EQ(parts, (std::vector<shared_bytes>{text("012"), text("89"), {}, {}}))
        << static_cast<int>(share.value);
  const auto one = read({{3}, {7}}, {{0, 4}});
  ASSERT_EQ(one.reads.size(), 1U);
  EXPECT_EQ(one.reads.begin()->first.value, 3);
  EXPECT_EQ(read({}, {}).reads.size(), 2U) << "which there are";
}

TEST_F(gbs_requests, shares_that_are_named_need_no_list) {
  write("0123456789");
  const auto before = server_->requests();
  const auto got = read({share_number{3}, share_number{7}}, {{2, 3}});
  EXPECT_EQ(got.status, storage_status::ok);
  EXPECT_EQ(got.reads, (grid::share_reads{{share_number{3}, {text("234")}}})) << "it has no share 7";
  EXPECT_TRUE(got.damaged.empty());
  EXPECT_EQ(server_->requests() - before, 2U);
  EXPECT_EQ(read({share_number{3}, share_number{7}}, {}).reads.size(), 1U) << "whether it has them";
  EXPECT_EQ(server_->requests() - before, 3U);
}

TEST_F(gbs_requests, a_share_that_cannot_be_read_is_damaged_and_others_are_read) {
  write("0123456789");
  server_->go_wrong(fault::in_trouble, "/3");
  const auto got = read({}, {{0, 4}, {4, 4}});
  EXPECT_EQ(got.reads.size(), 1U);
  ASSERT_EQ(got.damaged.size(), 1U);
  EXPECT_EQ(got.damaged.begin()->first.value, 3);
  server_->go_wrong(fault::in_trouble, "/shares");
  EXPECT_EQ(read({}, {{0, 4}}).status, storage_status::io_error);
  server_->go_wrong(fault::truncates, "/3");
  EXPECT_EQ(send(grid::slot_read{{}, {}, {{0, 4}}}).how, delivery::unknown);
  EXPECT_TRUE(broken_);
}

TEST_F(gbs_requests, leases_are_renewed_and_cannot_be_read) {
  EXPECT_EQ(std::get<messages::lease_answer>(send(messages::add_lease{}).answer).status,
            storage_status::not_found);
  write("x");
  EXPECT_EQ(std::get<messages::lease_answer>(send(messages::add_lease{}).answer).status, storage_status::ok);
  EXPECT_EQ(std::get<messages::stored_leases>(send(messages::read_leases{}).answer).status,
            storage_status::refused);
}

TEST_F(gbs_requests, pieces_of_a_share_are_refused_and_nothing_is_sent) {
  const auto before = server_->requests();
  const auto piece = send(std::make_shared<const grid::stage_piece>());
  EXPECT_EQ(piece.how, delivery::answered);
  const auto& refused = std::get<grid::stage_answer>(piece.answer);
  EXPECT_EQ(refused.status, storage_status::refused);
  EXPECT_NE(refused.detail.find("in one message only"), std::string::npos) << refused.detail;
  auto of_pieces = change({{share_number{0}, {}, {{0, text("head")}}, {}, staging_id{}}});
  EXPECT_EQ(std::get<grid::read_test_write_answer>(send(of_pieces).answer).status, storage_status::refused);
  EXPECT_EQ(server_->requests(), before);
}

TEST_F(gbs_requests, a_damaged_share_is_told) {
  const auto advise = [&](std::string reason) {
    return std::get<messages::advice_answer>(
               send(messages::share_advice{{}, share_number{3}, std::move(reason)}).answer)
        .status;
  };
  EXPECT_EQ(advise("torn"), storage_status::not_found);
  write("x");
  EXPECT_EQ(advise("torn"), storage_status::ok);
  EXPECT_EQ(advise(""), storage_status::malformed);
  EXPECT_EQ(server_->advice(), (std::vector<std::string>{"torn"}));
}

TEST_F(gbs_requests, new_shares_are_not_sent_where_there_is_no_room) {
  const auto fresh = change({{share_number{0}, {{0, 1, {}}}, {{0, shared_bytes(bytes(1000))}}, {}}});
  EXPECT_FALSE(actors::no_room_for(fresh, 1000));
  const auto refused = actors::no_room_for(fresh, 999);
  ASSERT_TRUE(refused);
  EXPECT_EQ(std::get<grid::read_test_write_answer>(refused->answer).status, storage_status::no_space);
  const auto update =
      change({{share_number{0}, {{0, 3, text("old")}}, {{0, shared_bytes(bytes(1000))}}, {}}});
  EXPECT_FALSE(actors::no_room_for(update, 0)) << "it may fit where the old one is";
  EXPECT_FALSE(actors::no_room_for(grid::slot_read{}, 0));
}

TEST_F(gbs_requests, a_test_that_failed_against_what_is_shown_is_a_full_disk) {
  write("version1");
  server_->go_wrong(fault::disk_full);
  EXPECT_EQ(write("version2", {{0, 8, text("version1")}}).status, storage_status::no_space);
  EXPECT_EQ(write("version2", {{0, 8, text("version0")}}).status, storage_status::test_failed)
      << "that one did fail";
}
