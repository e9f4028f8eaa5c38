#include "actors/server_words.hpp"
#include "actors/stored_shares.hpp"
#include "truckee/actors/operations/append.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;

namespace {

constexpr std::uint64_t most_bytes = 1U << 20;
using change_kind = grid::applied_change::kind;

actors::addition placed(const std::string& data, std::uint64_t offset, bool cut = false) {
  return {shared_bytes::copy_of(data), most_bytes, offset, cut};
}

grid::file_version numbered(std::uint64_t sequence) {
  grid::file_version out;
  out.sequence = {sequence};
  return out;
}

std::string written(const std::string& now, const actors::addition& what) {
  const auto made = actors::write_once({}, numbered(1), shared_bytes::copy_of(now), what);
  return made ? text(made->content) : to_string(made.error());
}

/// The same as a plain array of bytes has it.
std::string expected(std::string now, const actors::addition& what) {
  const auto end = *what.offset + what.data.size();
  if (what.data.empty() && !what.cut)
    return now;
  const auto length = what.cut ? end : std::max<std::uint64_t>(now.size(), end);
  now.resize(std::max<std::uint64_t>(now.size(), end), '\0');
  now.replace(*what.offset, what.data.size(), text(what.data));
  now.resize(length);
  return now;
}

/// One file beside a plain array of bytes.
class file_history {
public:
  file_history(crypto::file_format format, std::uint64_t seed)
    : random_(seed), format_(format), grid_({.format = format}) {
    content_ = drawn(random_.below(300'000));
    grid_.create(content_);
  }

  void step() {
    switch (random_.below(6)) {
    case 0:
      return break_something();
    case 1:
      return append();
    case 2:
      return read_part();
    default:
      return write_at();
    }
  }

  void read_all() {
    const auto got = grid_.get();
    ASSERT_TRUE(grid_.wait(got));
    ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
    ASSERT_TRUE(text((*got)->content) == content_);
  }

private:
  std::string drawn(std::size_t size) {
    bytes out(size);
    random_.fill(out);
    return std::string(as_text(out));
  }
  std::uint64_t place() {
    const std::uint64_t places[] = {0,       content_.size(), random_.below(content_.size() + 1),
                                    131'071, 131'074,         content_.size() + random_.below(200'000)};
    return places[random_.below(std::size(places))];
  }

  void expect_done(const answer_ptr<messages::publish_reply>& done) {
    ASSERT_TRUE(grid_.wait(done));
    ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
    EXPECT_EQ((*done)->content_bytes, content_.size());
  }

  void append() {
    messages::append_request x;
    x.write_cap = test_grid::write_cap(0, format_);
    const auto data = drawn(1 + random_.below(3'000));
    x.data = shared_bytes::copy_of(data);
    content_ += data;
    expect_done(grid_.run.ask<messages::publish_reply>(grid_.gateway(), x));
  }

  void write_at() {
    messages::publish_request x;
    x.write_cap = test_grid::write_cap(0, format_);
    x.offset = place();
    x.cut = random_.below(4) == 0;
    x.content =
        shared_bytes::copy_of(drawn(random_.below(2) == 0 ? random_.below(200) : random_.below(140'000)));
    content_ = expected(content_, {x.content, most_bytes, x.offset, x.cut});
    expect_done(grid_.run.ask<messages::publish_reply>(grid_.gateway(), x));
  }

  void read_part() {
    const auto offset = place();
    const auto length = random_.below(140'000);
    const auto got = grid_.get_range({offset, length});
    ASSERT_TRUE(grid_.wait(got));
    ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
    ASSERT_TRUE(text((*got)->content) == (offset < content_.size() ? content_.substr(offset, length) : ""));
  }

  /// Up to three servers lose what they have, or have it damaged: seven of ten are left, and three are enough.
  void break_something() {
    stored_shares stored(grid_);
    read_all(); // nobody may be short of shares already
    const auto mended = grid_.repair();
    ASSERT_TRUE(grid_.wait(mended));
    ASSERT_TRUE((*mended)->ok) << to_string((*mended)->failure);
    for (std::uint64_t i = random_.below(3) + 1; i > 0; --i) {
      const auto server = random_.below(10);
      if (stored.at(server).empty())
        continue;
      if (random_.below(2) == 0)
        stored.lose(server);
      else
        stored.flip(server, 1 + random_.below(2'000));
    }
  }

  seeded_random random_;
  crypto::file_format format_;
  test_grid grid_;
  std::string content_;
};

void check_file_histories(crypto::file_format format, std::uint64_t count) {
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    file_history file(format, seed);
    for (int i = 0; i < 8; ++i) {
      file.step();
      file.read_all();
      if (::testing::Test::HasFatalFailure())
        return;
    }
  }
}

} // namespace

TEST(write_once, puts_data_to_its_place_with_zeros_before_it) {
  EXPECT_EQ(written("", placed("ab", 0)), "ab");
  EXPECT_EQ(written("", placed("ab", 2)), std::string("\0\0ab", 4));
  EXPECT_EQ(written("12345", placed("ab", 1)), "1ab45");
  EXPECT_EQ(written("12345", placed("ab", 4)), "1234ab");
  EXPECT_EQ(written("12345", placed("ab", 5)), "12345ab");
  EXPECT_EQ(written("12345", placed("ab", 6)), std::string("12345\0ab", 8));
  EXPECT_EQ(written("12345", placed("ab", 1, true)), "1ab");
  EXPECT_EQ(written("12345", placed("", 2, true)), "12");
  EXPECT_EQ(written("12345", placed("", 7, true)), std::string("12345\0\0", 7));
  EXPECT_EQ(written("12345", placed("", 7)), "12345");
  EXPECT_EQ(written("12345", placed("", 0, true)), "");
}

TEST(write_once, says_what_has_nothing_to_do_and_what_becomes_too_long) {
  const auto now = shared_bytes::copy_of("12345");
  EXPECT_EQ(actors::write_once({}, numbered(1), now, placed("23", 1))->change.what, change_kind::unchanged);
  EXPECT_EQ(actors::write_once({}, numbered(1), now, placed("", 9))->change.what, change_kind::unchanged);
  EXPECT_EQ(actors::write_once({}, numbered(1), now, placed("23", 1, true))->change.what,
            change_kind::changed);
  for (const std::uint64_t offset : {most_bytes - 1, most_bytes + 1, UINT64_MAX}) {
    const auto made = actors::write_once({}, numbered(1), now, placed("ab", offset));
    ASSERT_FALSE(made) << offset;
    EXPECT_EQ(made.error().code, errc::too_large);
  }
}

TEST(write_once, does_not_write_over_what_may_have_come_after_it) {
  const std::vector<grid::sent_version> own{{numbered(5), true, {}, {}}};
  const auto now = shared_bytes::copy_of("12345");
  const auto kind_of = [&](std::uint64_t found, const std::string& data) {
    return actors::write_once(own, numbered(found), now, placed(data, 1))->change.what;
  };
  EXPECT_EQ(kind_of(4, "ab"), change_kind::changed) << "ours is above it";
  EXPECT_EQ(kind_of(5, "23"), change_kind::contained) << "it is ours";
  EXPECT_EQ(kind_of(6, "23"), change_kind::contained);
  EXPECT_EQ(kind_of(6, "ab"), change_kind::unclear) << "others may have read ours and written over it";
  const std::vector<grid::sent_version> unread{{numbered(5), false, {}, {}}};
  EXPECT_EQ(actors::write_once(unread, numbered(6), now, placed("ab", 1))->change.what, change_kind::changed);
}

TEST(write_at, histories_equal_a_plain_array_of_bytes_while_servers_lose_and_damage_shares) {
  check_file_histories(crypto::file_format::mdmf, 12);
}

TEST(write_at, sdmf_files_go_through_the_same_door) {
  check_file_histories(crypto::file_format::sdmf, 6);
}

TEST(write_at, only_a_file_that_is_there_has_an_offset) {
  test_grid grid;
  grid.create("12345");
  messages::publish_request x;
  x.offset = 1;
  const auto fresh = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(fresh));
  EXPECT_EQ((*fresh)->failure.code, errc::usage) << to_string((*fresh)->failure);
  x.offset.reset();
  x.cut = true;
  x.write_cap = test_grid::write_cap();
  const auto cut = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(cut));
  EXPECT_EQ((*cut)->failure.code, errc::usage);
  x.offset = UINT64_MAX;
  const auto far = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(far));
  EXPECT_EQ((*far)->failure.code, errc::too_large);
  EXPECT_EQ((*far)->became, effect::not_applied);
}

TEST(write_at, a_condition_binds_it_to_one_version) {
  test_grid grid;
  grid.create("12345");
  messages::publish_request x;
  x.write_cap = test_grid::write_cap();
  x.content = shared_bytes::copy_of("ab");
  x.offset = 1;
  x.only_if = messages::version_name{sequence_number{1}, {}};
  const auto first = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(first));
  EXPECT_TRUE((*first)->ok) << to_string((*first)->failure);
  const auto second = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(second));
  EXPECT_EQ((*second)->failure.code, errc::uncoordinated_write);
  EXPECT_EQ((*second)->became, effect::not_applied);
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got));
  EXPECT_EQ(text((*got)->content), "1ab45");
}
