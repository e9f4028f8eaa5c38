#include "actors/server_words.hpp"
#include "actors/stored_shares.hpp"
#include "truckee/codec/mdmf/share.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;

namespace {

constexpr auto mdmf_format_of_files = crypto::file_format::mdmf;

std::string mdmf_content(std::size_t size, int seed = 0) {
  std::string out(size, 'x');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>('a' + (i * 7 + i / 26 + static_cast<std::size_t>(seed)) % 26);
  return out;
}

/// Ten servers, whose files are MDMF.
class mdmf_files : public ::testing::Test {
protected:
  template <class Reply>
  Reply wait_for(const answer_ptr<Reply>& done) {
    EXPECT_TRUE(grid.wait(done));
    return **done;
  }
  std::string read() {
    const auto got = wait_for(grid.get());
    EXPECT_TRUE(got.ok) << to_string(got.failure);
    return text(got.content);
  }
  messages::publish_reply append(const std::string& data) {
    messages::append_request x;
    x.write_cap = test_grid::write_cap(0, mdmf_format_of_files);
    x.data = shared_bytes::copy_of(data);
    return wait_for(grid.run.ask<messages::publish_reply>(grid.gateway(), x));
  }
  void expect_all_are_mdmf() const {
    std::size_t seen = 0;
    for (const auto& server : stored_shares(const_cast<test_grid&>(grid)).all())
      for (const auto& [number, share] : server) {
        EXPECT_EQ(share.at(0), std::byte{1}) << int{number.value};
        ++seen;
      }
    EXPECT_EQ(seen, 10U);
  }

  test_grid grid{{.format = mdmf_format_of_files}};
};

/// The shares that lie on the grid, whoever has them.
std::map<share_number, bytes> by_number(const stored_shares& stored) {
  std::map<share_number, bytes> out;
  for (const auto& server : stored.all())
    for (const auto& [number, share] : server)
      out[number] = share;
  return out;
}

} // namespace

TEST_F(mdmf_files, a_new_file_is_made_as_asked_and_read_by_its_capabilities) {
  const auto content = mdmf_content(300'000);
  const auto made = wait_for(grid.put_new(content));
  ASSERT_TRUE(made.ok) << to_string(made.failure);
  ASSERT_EQ(std::string_view(made.write_cap).substr(0, 9), "URI:MDMF:");
  EXPECT_EQ(made.placed.size(), 10U);
  const auto cap = crypto::parse_capability(made.write_cap).value();
  for (const auto& text_of_cap :
       {std::string(made.write_cap), to_text(crypto::file_cap(*crypto::to_read_cap(cap.file))),
        std::string(made.write_cap) + ":3:131073"}) {
    messages::retrieve_request x;
    x.cap = text_of_cap;
    const auto got = wait_for(grid.run.ask<messages::retrieve_reply>(grid.gateway(), x));
    ASSERT_TRUE(got.ok) << to_string(got.failure);
    EXPECT_EQ(text(got.content), content);
  }
  messages::check_request x;
  x.cap = to_text(crypto::file_cap(crypto::to_verify_cap(cap.file)));
  x.verify = true;
  const auto checked = wait_for(grid.run.ask<messages::check_reply>(grid.gateway(), x));
  EXPECT_TRUE(checked.healthy) << checked.summary;
}

TEST_F(mdmf_files, sizes_at_the_edges_of_segments_come_back_as_they_were_written) {
  grid.create("");
  EXPECT_EQ(read(), "");
  std::uint64_t version = 1;
  for (const std::size_t size : {1U, 131'071U, 131'072U, 131'073U, 131'074U, 262'144U, 5U, 0U}) {
    const auto put = wait_for(grid.put(mdmf_content(size, static_cast<int>(size % 26))));
    ASSERT_TRUE(put.ok) << to_string(put.failure);
    EXPECT_EQ(put.version.value, ++version);
    EXPECT_EQ(read(), mdmf_content(size, static_cast<int>(size % 26))) << size;
    const auto checked = wait_for(grid.verify());
    EXPECT_TRUE(checked.healthy) << size << ": " << checked.summary;
  }
  expect_all_are_mdmf();
}

TEST_F(mdmf_files, an_append_across_the_edge_of_a_segment_keeps_what_was_there) {
  const auto first = mdmf_content(131'000);
  const auto more = mdmf_content(2'000, 5);
  grid.create(first);
  const auto added = append(more);
  ASSERT_TRUE(added.ok) << to_string(added.failure);
  EXPECT_EQ(read(), first + more);
  expect_all_are_mdmf();
}

TEST_F(mdmf_files, lost_shares_are_put_back_byte_for_byte_at_the_same_version) {
  for (const std::size_t size : {0U, 100U, 300'000U}) {
    const auto put = size == 0 ? wait_for(grid.start_create("")) : wait_for(grid.put(mdmf_content(size)));
    ASSERT_TRUE(put.ok) << to_string(put.failure);
    const stored_shares stored(grid);
    const auto before = by_number(stored);
    stored_shares(grid).lose(2);
    stored_shares(grid).lose(7);
    const auto mended = wait_for(grid.repair());
    ASSERT_TRUE(mended.ok) << to_string(mended.failure);
    EXPECT_EQ(mended.done, messages::repair_action::refilled) << size;
    EXPECT_EQ(mended.write.version.value, put.version.value);
    EXPECT_EQ(by_number(stored), before) << size;
    EXPECT_TRUE(wait_for(grid.verify()).healthy) << size;
  }
}

TEST_F(mdmf_files, a_damaged_segment_is_found_by_a_verify_left_out_by_a_read_and_mended) {
  const auto content = mdmf_content(300'000);
  grid.create(content);
  stored_shares stored(grid);
  const auto layout = codec::mdmf::parse_layout(stored.at(4).at(0).second).value();
  const auto place = codec::mdmf::salted_block(layout.header, 1);
  stored.flip(4, layout.share_data.offset + place.offset + 100);
  EXPECT_EQ(read(), content);
  const auto found = wait_for(grid.verify());
  EXPECT_FALSE(found.healthy);
  ASSERT_EQ(found.bad.size(), 1U);
  EXPECT_EQ(found.bad[0].server, "s4");
  EXPECT_NE(found.bad[0].reason.find("segment 1"), std::string::npos) << found.bad[0].reason;
  const auto mended = wait_for(grid.repair());
  ASSERT_TRUE(mended.ok) << to_string(mended.failure);
  EXPECT_TRUE(wait_for(grid.verify()).healthy);
  EXPECT_EQ(read(), content);
}

TEST_F(mdmf_files, any_k_servers_are_enough_to_read) {
  const auto content = mdmf_content(140'000);
  grid.create(content);
  for (const std::size_t lost : {0U, 1U, 2U, 4U, 5U, 7U, 8U})
    stored_shares(grid).lose(lost);
  EXPECT_EQ(read(), content);
  stored_shares(grid).lose(9);
  const auto got = wait_for(grid.get());
  EXPECT_FALSE(got.ok);
  EXPECT_EQ(got.failure.code, errc::not_enough_shares);
}

TEST_F(mdmf_files, a_file_keeps_the_format_of_its_shares_whatever_the_capability_says) {
  grid.create("many segments");
  messages::publish_request x;
  x.write_cap = test_grid::write_cap(0, crypto::file_format::sdmf);
  x.content = shared_bytes::copy_of("still MDMF");
  const auto put = wait_for(grid.run.ask<messages::publish_reply>(grid.gateway(), x));
  ASSERT_TRUE(put.ok) << to_string(put.failure);
  expect_all_are_mdmf();
  EXPECT_EQ(read(), "still MDMF");
}

TEST_F(mdmf_files, an_older_longer_version_leaves_nothing_that_is_read) {
  grid.create(mdmf_content(300'000));
  ASSERT_TRUE(wait_for(grid.put("short now")).ok);
  EXPECT_EQ(read(), "short now");
  EXPECT_TRUE(wait_for(grid.verify()).healthy);
  stored_shares(grid).lose(3);
  EXPECT_EQ(wait_for(grid.repair()).done, messages::repair_action::refilled);
  EXPECT_TRUE(wait_for(grid.verify()).healthy);
}

TEST_F(mdmf_files, a_range_is_read_from_its_segments_alone) {
  const auto content = mdmf_content(400'000);
  grid.create(content);
  for (const auto& [offset, length] :
       {std::pair{0U, 10U}, {131'070U, 10U}, {262'146U, 131'073U}, {399'990U, 100U}, {400'000U, 1U}}) {
    const auto got = wait_for(grid.get_range({offset, length}));
    ASSERT_TRUE(got.ok) << to_string(got.failure);
    EXPECT_EQ(text(got.content), content.substr(offset, length)) << offset;
  }
  // The first segment is damaged everywhere, so that whoever looked at it would find no good share.
  stored_shares stored(grid);
  const auto data = codec::mdmf::parse_layout(stored.at(4).at(0).second).value().share_data.offset;
  for (std::size_t server = 0; server < 10; ++server)
    stored.flip(server, data + 5'000);
  const auto last = wait_for(grid.get_range({390'000, 100}));
  ASSERT_TRUE(last.ok) << to_string(last.failure);
  EXPECT_EQ(text(last.content), content.substr(390'000, 100));
  EXPECT_FALSE(wait_for(grid.get_range({0, 1})).ok);
  EXPECT_FALSE(wait_for(grid.get()).ok);
}

namespace {

/// Reads of one file part by part, as who holds no more than a part of it does.
class mdmf_parts : public mdmf_files {
protected:
  messages::retrieve_reply part(std::uint64_t offset, std::uint64_t length,
                                const std::optional<messages::version_name>& only = {},
                                std::uint64_t token = 0) {
    messages::retrieve_request x;
    x.token = {token};
    x.cap = test_grid::write_cap(0, mdmf_format_of_files);
    x.offset = offset;
    x.length = length;
    x.only_if = only;
    return wait_for(grid.run.ask<messages::retrieve_reply>(grid.gateway(), x));
  }
  static messages::version_name name_of(const messages::retrieve_reply& x) { return {x.version, x.root}; }
  std::size_t requests() const {
    std::size_t out = 0;
    for (const auto& script : grid.scripts)
      out += script->reads;
    return out;
  }
};

} // namespace

TEST_F(mdmf_parts, a_part_after_the_first_asks_as_many_servers_as_it_needs_and_no_more) {
  const auto content = mdmf_content(1'500'000);
  grid.create(content);
  const auto first = part(0, 400'000);
  ASSERT_TRUE(first.ok) << to_string(first.failure);
  EXPECT_EQ(first.file_bytes, content.size());
  for (std::uint64_t at = 400'000; at < content.size(); at += 400'000) {
    const auto before = requests();
    const auto next = part(at, 400'000, name_of(first));
    ASSERT_TRUE(next.ok) << to_string(next.failure);
    EXPECT_EQ(text(next.content), content.substr(at, 400'000));
    EXPECT_EQ(requests() - before, 3U) << at;
  }
}

TEST_F(mdmf_parts, a_file_that_fits_one_part_costs_what_it_did_and_leaves_nothing) {
  grid.create(mdmf_content(500'000));
  const auto whole = part(0, UINT64_MAX);
  ASSERT_TRUE(whole.ok);
  const auto of_all = requests();
  ASSERT_TRUE(part(0, 8'000'000).ok);
  EXPECT_EQ(requests() - of_all, of_all);
}

TEST_F(mdmf_parts, another_version_is_not_taken_for_the_one_that_was_begun) {
  const auto content = mdmf_content(1'000'000);
  grid.create(content);
  const auto first = part(0, 300'000);
  ASSERT_TRUE(first.ok);
  ASSERT_TRUE(wait_for(grid.put_of_another(mdmf_content(1'000'000, 3))).ok);
  const auto next = part(300'000, 300'000, name_of(first));
  ASSERT_FALSE(next.ok);
  EXPECT_EQ(next.failure.code, errc::uncoordinated_write);
  EXPECT_NE(next.failure.detail.find("seq 2"), std::string::npos) << next.failure.detail;
  const auto anew = part(0, 300'000);
  ASSERT_TRUE(anew.ok);
  EXPECT_EQ(anew.version.value, 2U);
  EXPECT_EQ(text(part(300'000, 300'000, name_of(anew)).content),
            mdmf_content(1'000'000, 3).substr(300'000, 300'000));
}

TEST_F(mdmf_parts, what_the_map_of_the_last_part_does_not_know_is_looked_for) {
  const auto content = mdmf_content(1'000'000);
  grid.create(content);
  const auto first = part(0, 300'000);
  ASSERT_TRUE(first.ok);
  // Those that the first part came from have nothing any more.
  std::size_t lost = 0;
  for (std::size_t i = 0; i < grid.scripts.size() && lost < 6; ++i)
    if (grid.scripts[i]->reads > 0) {
      stored_shares(grid).lose(i);
      ++lost;
    }
  const auto next = part(300'000, 300'000, name_of(first));
  ASSERT_TRUE(next.ok) << to_string(next.failure);
  EXPECT_EQ(text(next.content), content.substr(300'000, 300'000));
}

TEST_F(mdmf_parts, a_map_that_is_too_old_is_not_gone_on_with) {
  const auto content = mdmf_content(1'000'000);
  grid.create(content);
  const auto first = part(0, 300'000);
  grid.services->limits.kept_map_age = std::chrono::milliseconds(0);
  const auto before = requests();
  const auto next = part(300'000, 300'000, name_of(first));
  ASSERT_TRUE(next.ok) << to_string(next.failure);
  EXPECT_GT(requests() - before, 3U);
}

TEST_F(mdmf_parts, the_status_lists_them_as_one_operation) {
  grid.create(mdmf_content(1'000'000));
  const auto first = part(0, 300'000, {}, 77);
  for (const std::uint64_t at : {300'000U, 600'000U, 900'000U})
    ASSERT_TRUE(part(at, 300'000, name_of(first), 77).ok);
  const auto status =
      wait_for(grid.run.ask<messages::status_reply>(grid.gateway(), messages::status_request{}));
  ASSERT_EQ(status.recent.size(), 1U);
  EXPECT_EQ(status.recent[0].operation, 4U);
  EXPECT_EQ(status.recent[0].bytes_total, 100'000U);
  EXPECT_EQ(status.recent[0].segments_total, 1U);
  EXPECT_EQ(status.recent[0].segments_done, 1U);
}

TEST(sdmf_ranges, are_read_whole_and_cut) {
  test_grid grid;
  grid.create(long_content());
  const auto got = grid.get_range({5'000, 3});
  ASSERT_TRUE(grid.wait(got));
  ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
  EXPECT_EQ(text((*got)->content), long_content().substr(5'000, 3));
}

TEST(mdmf_in_the_strict_order, is_refused_in_words_and_nothing_is_written) {
  test_grid grid({.strict = grid::strict_terms{}, .format = mdmf_format_of_files});
  const auto put = grid.put_new("many segments");
  ASSERT_TRUE(grid.wait(put));
  EXPECT_FALSE((*put)->ok);
  EXPECT_EQ((*put)->failure.code, errc::refused);
  EXPECT_NE((*put)->failure.detail.find("MDMF"), std::string::npos) << (*put)->failure.detail;
  EXPECT_EQ((*put)->became, effect::not_applied);
  const auto get = grid.get();
  ASSERT_TRUE(grid.wait(get));
  EXPECT_EQ((*get)->failure.code, errc::refused);
}
