#include "actors/server_words.hpp"
#include "actors/stored_shares.hpp"
#include "truckee/codec/mdmf/window_encode.hpp"
#include "truckee/grid/publish/write_message.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;

namespace {

constexpr std::size_t standing_window = codec::mdmf::window_bytes;
constexpr std::size_t standing_size = 2 * standing_window + 300'000;

/// An MDMF file of three windows, on a client that holds no more than one of them in memory.
class standing_content_test : public ::testing::Test {
protected:
  standing_content_test() {
    grid.services->limits.content_in_memory_max = standing_window;
    grid.gateway_limits.content_bytes_max = standing_window;
    bytes drawn(standing_size);
    seeded_random(5).fill(drawn);
    content = as_text(drawn);
    grid.create(content);
  }
  template <class Reply>
  Reply wait_for(const answer_ptr<Reply>& done) {
    EXPECT_TRUE(grid.wait(done));
    return **done;
  }
  void expect_content() {
    std::string got;
    while (got.size() < content.size()) {
      const auto part = wait_for(grid.get_range({got.size(), standing_window}));
      ASSERT_TRUE(part.ok) << to_string(part.failure);
      ASSERT_FALSE(part.content.empty());
      got += text(part.content);
    }
    EXPECT_TRUE(got == content);
    const auto verified = wait_for(grid.verify());
    EXPECT_TRUE(verified.healthy) << verified.summary;
  }
  /// What of the file's content is asked for at a time, of all reads from now on.
  std::shared_ptr<std::uint64_t> longest_read() {
    auto longest = std::make_shared<std::uint64_t>(0);
    for (const auto& script : grid.scripts)
      script->read = [store = script->store, longest](const grid::slot_read& x) {
        auto answer = store->read(x);
        for (const auto& [share, reads] : answer.reads)
          for (const auto& one : reads)
            *longest = std::max<std::uint64_t>(*longest, one.size());
        return std::optional(std::move(answer));
      };
    return longest;
  }
  void expect_in_pieces() {
    std::uint64_t in_messages = 0;
    for (const auto& script : grid.scripts)
      for (const auto& message : script->writes)
        in_messages += grid::message_size(message);
    EXPECT_LT(in_messages, 20 * std::uint64_t{16'384}) << "what makes shares of pieces has no content";
  }
  void forget_traffic() {
    for (const auto& script : grid.scripts) {
      script->writes.clear();
      script->pieces.clear();
    }
  }
  messages::publish_reply change(const std::string& data, std::uint64_t offset, bool cut = false) {
    messages::publish_request x;
    x.write_cap = test_grid::write_cap(0, crypto::file_format::mdmf);
    x.content = shared_bytes::copy_of(data);
    x.offset = offset;
    x.cut = cut;
    return wait_for(grid.run.ask<messages::publish_reply>(grid.gateway(), x));
  }
  messages::publish_reply append(const std::string& data) {
    messages::append_request x;
    x.write_cap = test_grid::write_cap(0, crypto::file_format::mdmf);
    x.data = shared_bytes::copy_of(data);
    return wait_for(grid.run.ask<messages::publish_reply>(grid.gateway(), x));
  }
  /// The server does not answer at all.
  void silence(std::size_t server) {
    grid.scripts[server]->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
    grid.scripts[server]->write = [](const auto&) { return std::optional<grid::read_test_write_answer>{}; };
  }

  test_grid grid{{.format = crypto::file_format::mdmf}};
  std::string content;
  stored_shares stored{grid};
};

} // namespace

TEST_F(standing_content_test, shares_that_are_gone_or_damaged_are_put_back_byte_for_byte) {
  const auto before = stored.all();
  stored.lose(2);
  stored.flip(7, before[7].at(0).second.size() - 3'000'000 / 3);
  forget_traffic();
  const auto longest = longest_read();
  const auto repaired = wait_for(grid.repair());
  ASSERT_TRUE(repaired.ok) << to_string(repaired.failure);
  EXPECT_EQ(repaired.done, messages::repair_action::refilled);
  EXPECT_EQ(repaired.write.content_bytes, content.size());
  EXPECT_TRUE(stored.all() == before);
  EXPECT_LE(*longest, standing_window);
  expect_in_pieces();
  for (const std::size_t untouched : {0U, 1U, 9U})
    EXPECT_TRUE(grid.scripts[untouched]->pieces.empty());
}

TEST_F(standing_content_test, older_shares_that_lie_about_are_replaced) {
  const auto before = stored.all();
  content.resize(standing_size - 7);
  content[standing_window + 3] ^= 1;
  ASSERT_TRUE(wait_for(grid.put_of_another(content)).ok);
  stored.set(4, before[4]);
  stored.set(5, before[5]);
  const auto repaired = wait_for(grid.repair());
  ASSERT_TRUE(repaired.ok) << to_string(repaired.failure);
  EXPECT_NE(repaired.done, messages::repair_action::nothing);
  expect_content();
}

TEST_F(standing_content_test, nothing_is_replaced_before_all_shares_are_where_they_go) {
  const auto before = stored.all();
  ASSERT_TRUE(wait_for(grid.put_of_another(content + "x")).ok);
  content += "x";
  for (std::size_t i = 7; i < 10; ++i)
    stored.set(i, before[i]);
  forget_traffic();
  std::set<std::size_t> brought_to;
  for (std::size_t i = 0; i < 10; ++i)
    grid.scripts[i]->stage = [&, i](const grid::stage_piece& x) -> std::optional<grid::stage_answer> {
      if (!x.let_go) {
        brought_to.insert(i);
        for (const auto& script : grid.scripts)
          EXPECT_TRUE(script->writes.empty()) << "a share was made while others are brought";
      }
      if (x.let_go || i != 7)
        return grid.scripts[i]->store->stage(x);
      return grid::stage_answer{grid::storage_status::no_space, 10, "full"};
    };
  const auto repaired = wait_for(grid.repair());
  ASSERT_TRUE(repaired.ok) << to_string(repaired.failure);
  EXPECT_GT(brought_to.size(), 3U) << "the share that is not taken has another home";
}

TEST_F(standing_content_test, a_version_that_goes_while_it_is_repaired_is_told_and_nothing_is_lost) {
  stored.lose(2);
  std::size_t pieces = 0;
  for (const auto& script : grid.scripts)
    script->stage = [&, store = script->store](const grid::stage_piece& x) {
      if (++pieces == 1)
        for (std::size_t i = 0; i < 8; ++i)
          grid.scripts[i]->read = [](const grid::slot_read&) {
            return std::optional(grid::slot_read_answer{grid::storage_status::ok, {}, {}, {}});
          };
      return std::optional(store->stage(x));
    };
  const auto repaired = wait_for(grid.repair());
  EXPECT_FALSE(repaired.ok);
  EXPECT_EQ(repaired.failure.code, errc::not_enough_shares) << to_string(repaired.failure);
  for (const auto& script : grid.scripts)
    script->read = nullptr;
  std::string got;
  while (got.size() < content.size())
    got += text(wait_for(grid.get_range({got.size(), standing_window})).content);
  EXPECT_TRUE(got == content);
}

TEST_F(standing_content_test, a_change_that_no_part_can_bring_is_published_as_a_whole_without_being_held) {
  stored.lose(3);
  forget_traffic();
  const auto longest = longest_read();
  const std::string data = "what is new";
  auto changed = change(data, standing_window - 5);
  ASSERT_TRUE(changed.ok) << to_string(changed.failure);
  EXPECT_FALSE(changed.partial);
  EXPECT_EQ(changed.whole_because, "places");
  EXPECT_EQ(changed.content_bytes, content.size());
  content.replace(standing_window - 5, data.size(), data);
  EXPECT_LE(*longest, standing_window);
  expect_in_pieces();
  expect_content();

  stored.lose(3);
  changed = append(data);
  ASSERT_TRUE(changed.ok) << to_string(changed.failure);
  EXPECT_EQ(changed.whole_because, "places");
  content += data;
  expect_content();

  stored.lose(3);
  changed = change(data, content.size() + 1'000'000);
  ASSERT_TRUE(changed.ok) << to_string(changed.failure);
  content.resize(content.size() + 1'000'000);
  content += data;
  expect_content();

  stored.lose(3);
  changed = change("", standing_window + 9, true);
  ASSERT_TRUE(changed.ok) << to_string(changed.failure);
  content.resize(standing_window + 9);
  expect_content();
}

TEST_F(standing_content_test, a_silent_server_does_not_keep_a_long_file_from_being_changed) {
  silence(3);
  const auto changed = change("what is new", 10);
  ASSERT_TRUE(changed.ok) << to_string(changed.failure);
  EXPECT_EQ(changed.whole_because, "servers");
  content.replace(10, 11, "what is new");
  std::string got;
  while (got.size() < content.size())
    got += text(wait_for(grid.get_range({got.size(), standing_window})).content);
  EXPECT_TRUE(got == content);
}

TEST(standing_content_shapes, where_two_writers_might_leave_nothing_the_change_is_refused_with_words) {
  test_grid grid{{.spread = {2, 3, 2}, .format = crypto::file_format::mdmf}};
  grid.services->limits.content_in_memory_max = 300'000;
  grid.gateway_limits.content_bytes_max = 300'000;
  grid.create(std::string(400'000, 'x'));
  messages::append_request x;
  x.write_cap = test_grid::write_cap(0, crypto::file_format::mdmf);
  x.data = shared_bytes::copy_of("more");
  const auto done = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(done));
  EXPECT_FALSE((*done)->ok);
  EXPECT_EQ((*done)->failure.code, errc::too_large);
  EXPECT_NE((*done)->failure.detail.find("too many to be held"), std::string::npos)
      << (*done)->failure.detail;
  EXPECT_EQ((*done)->became, effect::not_applied);
}
