#include "codec/codec_test_support.hpp"
#include "truckee/shares/part_update.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::shares;
using namespace truckee::test;

namespace {

using codec::mdmf::content_edit;

constexpr std::size_t part_segment = 131'073; ///< of 3 of 10: 128 KiB, rounded up to a multiple of 3

class part_update : public ::testing::Test {
protected:
  part_update() {
    access_ = access_to({crypto::file_format::mdmf, some_keys().write, some_keys().fingerprint});
    publish(3 * part_segment + 5);
  }

  void publish(std::size_t size, grid::spread spread = {3, 10, 7},
               grid::share_format format = grid::share_format::mdmf) {
    test::seeded_random random(size);
    content_ = random_bytes(size, random);
    const auto made =
        encode({.format = format, .content = content_, .spread = spread, .keys = some_keys()}, world_.context)
            .value();
    version_ = made.version;
    shares_.clear();
    map_ = grid::servermap(grid::map_mode::write);
    heads_.clear();
    for (const auto& [share, content] : made.shares)
      store({server(share.value), share}, to_bytes(content.writes.front().data.view()));
  }

  static server_id server(std::uint8_t number) {
    server_id out;
    out.data.fill(std::byte{number});
    return out;
  }
  void store(const grid::share_place& place, bytes share) {
    map_.set_answered(place.server);
    map_.add_share(place, version_);
    heads_[place] = shared_bytes::copy_of(share).slice(0, first_read_size);
    shares_[place.share] = std::move(share);
  }

  std::optional<why_whole> refusal(const content_edit& edit = {5, 3}) const {
    const auto planned = plan_part(map_, heads_, edit);
    return planned ? std::nullopt : std::optional(planned.error());
  }

  /// What honest servers give of every share, judged.
  std::map<share_number, shared_bytes> trees(const part_base& base) const {
    std::map<share_number, shared_bytes> out;
    for (const auto& [share, head] : base.heads) {
      std::vector<shared_bytes> answer;
      const auto reads = reads_for_body(head, no_content).value();
      for (const auto& read : reads)
        answer.push_back(shared_bytes::copy_of(shares_.at(share)).slice(read.offset, read.length));
      auto judged = judge_body(base.version, share, head, answer, no_content);
      EXPECT_EQ(judged.verdict, grid::share_verdict::good) << judged.reason;
      out.emplace(share, std::move(judged.body.block_hashes));
    }
    return out;
  }
  std::map<std::uint64_t, shared_bytes> edges(const part_base& base) const {
    std::map<std::uint64_t, shared_bytes> out;
    for (const auto& [segment, range] : edges_to_read(base))
      out.emplace(segment, shared_bytes::copy_of(content_).slice(range.offset, range.length));
    return out;
  }

  result<encoded_version> made(const part_base& base, byte_view data) {
    const part_change change{base, shared_bytes::copy_of(data), edges(base), trees(base)};
    return encode_part(
        {.change = change, .sequence = sequence_number{version_.sequence.value + 1}, .keys = some_keys()},
        world_.context);
  }

  /// The shares as servers have them then, and the content.
  void apply(const encoded_version& update, const content_edit& edit, byte_view data) {
    version_ = update.version;
    for (const auto& [share, content] : update.shares) {
      auto& stored = shares_.at(share);
      for (const auto& write : content.writes) {
        stored.resize(std::max<std::size_t>(stored.size(), write.offset + write.data.size()));
        std::ranges::copy(write.data.view(), stored.begin() + static_cast<std::ptrdiff_t>(write.offset));
      }
      stored.resize(content.length);
      auto moved = stored;
      store({server(share.value), share}, std::move(moved));
    }
    const auto length = codec::mdmf::length_after(content_.size(), edit).value();
    content_.resize(std::max<std::size_t>(content_.size(), edit.offset + edit.length));
    std::ranges::copy(data, content_.begin() + static_cast<std::ptrdiff_t>(edit.offset));
    content_.resize(length);
  }

  /// Every share verifies, is as long as it says, and three of them give the content.
  void check() {
    std::map<share_number, share_body> bodies;
    for (const auto& [share, stored] : shares_) {
      const auto whole = shared_bytes::copy_of(stored);
      ASSERT_EQ(find_fault(access_, version_, share, whole), std::nullopt) << int(share.value);
      ASSERT_EQ(share_length(whole), stored.size());
      if (bodies.size() < 3)
        bodies.emplace(share, judge_body(version_, share, whole, {}).body);
    }
    const auto read = decode(version_, some_keys().read, bodies, world_.codes);
    ASSERT_TRUE(read) << to_string(read.error());
    ASSERT_EQ(to_bytes(read->content.view()), content_);
  }

  codec_world world_;
  file_access access_;
  bytes content_;
  grid::file_version version_;
  std::map<share_number, bytes> shares_;
  grid::servermap map_;
  std::map<grid::share_place, shared_bytes> heads_;
};

} // namespace

TEST_F(part_update, shares_spliced_with_its_writes_are_those_of_the_new_version) {
  const content_edit edits[] = {{part_segment + 7, 100},     {part_segment - 1, 2},
                                {3 * part_segment + 5, 10},  {4 * part_segment - 1, 2},
                                {9 * part_segment, 1},       {2 * part_segment, 0, true},
                                {part_segment + 9, 3, true}, {part_segment + 12, 2 * part_segment}};
  test::seeded_random random(1);
  for (const auto& edit : edits) {
    SCOPED_TRACE(std::to_string(edit.length) + " at " + std::to_string(edit.offset));
    const auto base = plan_part(map_, heads_, edit);
    ASSERT_TRUE(base) << to_word(base.error());
    EXPECT_LE(edges_to_read(*base).size(), 2U);
    const auto data = random_bytes(edit.length, random);
    const auto update = made(*base, data);
    ASSERT_TRUE(update) << to_string(update.error());
    std::uint64_t sent = 0;
    for (const auto& [share, content] : update->shares)
      for (const auto& write : content.writes)
        sent += write.data.size();
    EXPECT_LE(sent, part_size_max(*base));
    apply(*update, edit, data);
    check();
  }
}

TEST_F(part_update, wants_every_share_number_once_and_of_one_version) {
  EXPECT_EQ(refusal(), std::nullopt);
  const grid::share_place fourth{server(4), {4}};
  const auto all = map_;
  map_.forget(fourth);
  EXPECT_EQ(refusal(), why_whole::places) << "missing";
  map_ = all;
  map_.add_share({server(11), {4}}, version_);
  EXPECT_EQ(refusal(), why_whole::places) << "twice";
  map_ = all;
  auto older = version_;
  older.sequence.value = 0;
  map_.add_share({server(11), {4}}, older);
  EXPECT_EQ(refusal(), why_whole::places) << "another version beside it";
  map_ = all;
  map_.add_share(fourth, older);
  EXPECT_EQ(refusal(), why_whole::places) << "another version in its place";
  map_ = all;
  map_.mark_bad({server(11), {4}}, bytes(75), "damaged");
  EXPECT_EQ(refusal(), why_whole::places) << "damaged";
  map_ = all;
  map_.set_failed(server(12), "silent");
  EXPECT_EQ(refusal(), why_whole::servers);
  map_ = grid::servermap(grid::map_mode::write);
  EXPECT_EQ(refusal(), why_whole::no_version);
}

TEST_F(part_update, wants_all_shares_laid_out_as_they_are_made) {
  heads_.erase({server(4), {4}});
  EXPECT_EQ(refusal(), why_whole::layout) << "not at hand";
  publish(100);
  auto head = to_bytes(heads_.at({server(4), {4}}).view());
  head.at(200) ^= std::byte{1}; // in the encrypted private key
  heads_[{server(4), {4}}] = shared_bytes(std::move(head));
  EXPECT_EQ(refusal(), why_whole::layout) << "another private key";
}

TEST_F(part_update, what_it_is_not_made_for_is_published_whole) {
  EXPECT_EQ(refusal({5, 0}), why_whole::unchanged);
  EXPECT_EQ(refusal({UINT64_MAX, 3}), why_whole::length);
  EXPECT_EQ(refusal({codec::mdmf::data_length_max, 1}), why_whole::length);
  publish(0);
  EXPECT_EQ(refusal(), why_whole::empty);
  publish(100, {2, 3, 2});
  EXPECT_EQ(refusal(), why_whole::shape) << "of three versions each might have one share";
  publish(100, {2, 4, 2});
  EXPECT_EQ(refusal(), std::nullopt);
  publish(100, {1, 1, 1});
  EXPECT_EQ(refusal(), std::nullopt);
  publish(100, {3, 10, 7}, grid::share_format::sdmf);
  EXPECT_EQ(refusal(), why_whole::format);
}

TEST_F(part_update, is_not_made_on_what_was_not_read) {
  const auto base = plan_part(map_, heads_, {part_segment + 7, 100}).value();
  const bytes data(100);
  const auto good_trees = trees(base);
  const auto good_edges = edges(base);
  const auto attempt = [&](const auto& with_trees, const auto& with_edges) {
    const part_change change{base, shared_bytes::copy_of(data), with_edges, with_trees};
    return encode_part({.change = change, .sequence = sequence_number{2}, .keys = some_keys()},
                       world_.context);
  };
  EXPECT_TRUE(attempt(good_trees, good_edges));
  auto fewer = good_trees;
  fewer.erase({4});
  EXPECT_EQ(attempt(fewer, good_edges).error().code, errc::internal);
  fewer[{4}] = good_trees.at({5}).slice(0, 32);
  EXPECT_EQ(attempt(fewer, good_edges).error().code, errc::internal);
  EXPECT_EQ(attempt(good_trees, std::map<std::uint64_t, shared_bytes>{}).error().code, errc::internal);
}

TEST_F(part_update, sees_what_is_there_already_where_it_has_read_it) {
  const auto there = [&](const content_edit& edit, const bytes& data) {
    const auto base = plan_part(map_, heads_, edit).value();
    return is_there_already({base, shared_bytes::copy_of(data), edges(base), {}});
  };
  const bytes same(content_.begin() + 7, content_.begin() + 107);
  EXPECT_TRUE(there({7, 100}, same));
  EXPECT_FALSE(there({8, 100}, same));
  EXPECT_FALSE(there({7, 100, true}, same)) << "it is cut";
  EXPECT_FALSE(there({0, part_segment}, bytes(content_.begin(), content_.begin() + part_segment)))
      << "not read at all";
}
