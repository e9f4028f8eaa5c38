#include "codec/codec_test_support.hpp"
#include "truckee/codec/mdmf/decode.hpp"
#include "truckee/codec/mdmf/update.hpp"

#include <gtest/gtest.h>
#include <map>

using namespace truckee;
using namespace truckee::codec;

namespace {

constexpr std::uint64_t seg = mdmf::segment_size_base;

share_header header_of_length(std::uint64_t length, encoding shape = {1, 1}) {
  share_header out;
  out.shape = shape;
  out.segment_size = mdmf::segment_size(shape);
  out.data_length = length;
  return out;
}

/// A plain array of bytes under the same edit.
bytes edited(bytes content, const mdmf::content_edit& edit, byte_view data) {
  const auto end = edit.offset + edit.length;
  const auto length = mdmf::length_after(content.size(), edit).value();
  content.resize(std::max<std::uint64_t>(content.size(), end));
  if (!data.empty())
    std::ranges::copy(data, content.begin() + static_cast<std::ptrdiff_t>(edit.offset));
  content.resize(length);
  return content;
}

/// A file, its shares as a server has them, and what was drawn for it.
struct updated_world {
  explicit updated_world(std::uint64_t seed, encoding shape) : world(seed), spread(shape) { publish({}); }

  void publish(bytes now) {
    content = std::move(now);
    const auto made =
        mdmf::encode({content, spread, sequence_number{++sequence}, test::some_keys()}, world.context);
    shares.clear();
    for (const auto& share : made.value().shares)
      shares.push_back(to_bytes(share.view()));
  }

  share_view view(std::size_t share) const { return mdmf::parse_share(shares[share]).value(); }

  std::map<std::uint64_t, shared_bytes> read(const std::vector<std::uint64_t>& segments) {
    std::map<std::uint64_t, shared_bytes> out;
    for (const auto segment : segments) {
      std::vector<numbered_block> blocks;
      const auto header = view(0).header();
      const auto place = mdmf::salted_block(header, segment);
      for (std::size_t i = 0; i < spread.needed; ++i) {
        const auto share = static_cast<std::size_t>(spread.total) - 1 - i;
        blocks.push_back(
            {{static_cast<std::uint8_t>(share)}, view(share).share_data.subspan(place.offset, place.length)});
      }
      out.emplace(segment,
                  mdmf::decode(header, test::some_keys().read, {segment, 1}, blocks, world.codes).value());
    }
    return out;
  }

  /// What travels, in bytes; 0: nothing changes.
  std::uint64_t edit(const mdmf::content_edit& what, byte_view data) {
    const auto before = view(0).layout;
    const auto plan = mdmf::plan_update(before.header, what);
    if (!plan.changes())
      return 0;
    const auto touched = mdmf::touched_content(plan, data, read(plan.edges()));
    std::vector<byte_view> trees;
    for (std::size_t i = 0; i < shares.size(); ++i)
      trees.push_back(view(i).block_hash_tree);
    const auto made = mdmf::update({.now = before,
                                    .plan = plan,
                                    .content = touched.view(),
                                    .block_hash_trees = trees,
                                    .sequence = sequence_number{++sequence},
                                    .keys = test::some_keys()},
                                   world.context)
                          .value();
    content = edited(std::move(content), what, data);
    std::uint64_t sent = 0;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      for (const auto& write : made.shares[i].writes) {
        shares[i].resize(std::max<std::size_t>(shares[i].size(), write.offset + write.data.size()));
        std::ranges::copy(write.data.view(), shares[i].begin() + static_cast<std::ptrdiff_t>(write.offset));
        sent += write.data.size();
      }
      shares[i].resize(made.shares[i].length);
    }
    last = plan;
    return sent;
  }

  /// Every share verifies, and is what encoding the content with the salts and the signature in it gives.
  void check() {
    std::vector<crypto::version_salt> salts =
        mdmf::salts_of(view(0).header(), mdmf::all_segments(view(0).header()), view(0).share_data).value();
    const existing_version again{view(0).header(), *crypto::signature::from(view(0).signature), salts};
    const auto whole = mdmf::encode(
        {.content = content, .shape = spread, .keys = test::some_keys(), .again = &again}, world.context);
    ASSERT_TRUE(whole) << to_string(whole.error());
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const auto good =
          mdmf::verify_share(view(i), {static_cast<std::uint8_t>(i)}, test::some_keys().fingerprint);
      ASSERT_TRUE(good) << to_string(good.error());
      ASSERT_EQ(to_bytes(whole->shares[i].view()), shares[i]) << "share " << i;
    }
  }

  test::codec_world world;
  encoding spread;
  std::uint64_t sequence = 0;
  bytes content;
  std::vector<bytes> shares;
  mdmf::update_plan last;
};

std::vector<crypto::version_salt> salts_in(const updated_world& file) {
  return mdmf::salts_of(file.view(0).header(), mdmf::all_segments(file.view(0).header()),
                        file.view(0).share_data)
      .value();
}

mdmf::content_edit drawn_edit(std::uint64_t length, random_source& random) {
  const auto near = [&](std::uint64_t to) { return to - std::min<std::uint64_t>(to, 2) + random.below(5); };
  const std::uint64_t places[] = {0, near(length), near(seg), near(2 * seg), random.below(3 * seg), length};
  const std::uint64_t sizes[] = {0, 1, random.below(2'000), near(seg), random.below(2 * seg)};
  mdmf::content_edit out;
  out.offset = places[random.below(std::size(places))];
  out.length = sizes[random.below(std::size(sizes))];
  out.cut = random.below(4) == 0;
  return out;
}

void check_history(std::uint64_t seed, std::size_t steps) {
  test::seeded_random random(seed);
  const auto total = static_cast<std::uint8_t>(1 + random.below(6));
  const encoding shape{static_cast<std::uint8_t>(1 + random.below(total)), total};
  SCOPED_TRACE(std::to_string(shape.needed) + " of " + std::to_string(shape.total) + ", seed " +
               std::to_string(seed));
  updated_world file(seed, shape);
  file.publish(test::random_bytes(random.below(3 * seg), random));
  for (std::size_t i = 0; i < steps; ++i) {
    const auto what = drawn_edit(file.content.size(), random);
    SCOPED_TRACE("at " + std::to_string(what.offset) + ", " + std::to_string(what.length) +
                 (what.cut ? ", cut" : ""));
    file.edit(what, test::random_bytes(what.length, random));
    file.check();
    if (::testing::Test::HasFatalFailure())
      return;
  }
}

} // namespace

TEST(mdmf_update_plan, touches_the_segments_with_changed_bytes_and_needs_those_that_stay_in_part) {
  struct row {
    std::uint64_t now;
    mdmf::content_edit edit;
    std::uint64_t then, first, count;
    std::vector<std::uint64_t> edges;
  };
  const std::vector<row> rows{
      {0, {0, 0}, 0, 0, 0, {}}, // nothing into nothing
      {0, {0, 1}, 1, 0, 1, {}}, // the first bytes
      {0, {0, seg + 1}, seg + 1, 0, 2, {}},
      {0, {2 * seg, 1}, 2 * seg + 1, 0, 3, {}}, // far beyond the end of an empty file
      {5, {5, 1}, 6, 0, 1, {0}},                // an append into the last segment
      {seg, {seg, 1}, seg + 1, 1, 1, {}},       // an append behind a full one
      {seg - 1, {seg - 1, 1}, seg, 0, 1, {0}},
      {seg - 1, {seg - 1, 2}, seg + 1, 0, 2, {0}},     // across its edge
      {seg + 5, {3 * seg, 1}, 3 * seg + 1, 1, 3, {1}}, // zeros between
      {3 * seg, {seg, seg}, 3 * seg, 1, 1, {}},        // one whole segment
      {3 * seg, {seg, seg - 1}, 3 * seg, 1, 1, {1}},
      {3 * seg, {seg - 1, seg + 2}, 3 * seg, 0, 3, {0, 2}}, // both edges
      {3 * seg, {0, 3 * seg}, 3 * seg, 0, 3, {}},
      {3 * seg, {seg + 7, 0}, 3 * seg, 1, 0, {}},        // no byte
      {3 * seg, {9 * seg, 0}, 3 * seg, 3, 0, {}},        // no byte, beyond the end
      {3 * seg, {seg, 0, true}, seg, 1, 0, {}},          // cut at an edge: no segment is another one
      {3 * seg, {seg + 1, 0, true}, seg + 1, 1, 1, {1}}, // cut in a segment
      {3 * seg, {seg, 1, true}, seg + 1, 1, 1, {}},      // written over and cut
      {3 * seg, {0, 0, true}, 0, 0, 0, {}},
      {5, {9, 0, true}, 9, 0, 1, {0}}, // made longer
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::to_string(row.now) + ": " + std::to_string(row.edit.length) + " at " +
                 std::to_string(row.edit.offset));
    const auto plan = mdmf::plan_update(header_of_length(row.now), row.edit);
    EXPECT_EQ(plan.then.data_length, row.then);
    EXPECT_EQ(plan.touched.count, row.count);
    EXPECT_EQ(row.count > 0 ? plan.touched.first : row.first, row.first);
    EXPECT_EQ(plan.edges(), row.edges);
    EXPECT_EQ(plan.changes(), row.count > 0 || row.now != row.then);
  }
}

TEST(mdmf_update_plan, a_length_beyond_all_numbers_is_none) {
  EXPECT_EQ(mdmf::length_after(5, {UINT64_MAX, 1}), std::nullopt);
  EXPECT_EQ(mdmf::length_after(5, {UINT64_MAX, 0}), 5U);
}

TEST(mdmf_update, equals_a_full_encode_at_every_edge) {
  test::seeded_random random(1);
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1}, seg - 1, seg, seg + 1, 2 * seg, 3 * seg})
    for (const std::uint64_t offset : {std::uint64_t{0}, seg - 1, seg, 2 * seg + 1, 5 * seg})
      for (const bool cut : {false, true}) {
        SCOPED_TRACE(std::to_string(size) + ", at " + std::to_string(offset));
        updated_world file(size + offset, {2, 3});
        file.publish(test::random_bytes(size, random));
        file.edit({offset, 3, cut}, test::random_bytes(3, random));
        file.check();
      }
}

TEST(mdmf_update, histories_equal_full_encodes_byte_for_byte) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    check_history(seed, 6);
}

TEST(mdmf_update, touched_segments_have_fresh_salts_and_the_others_keep_theirs) {
  updated_world file(1, {1, 2});
  file.publish(bytes(4 * seg));
  const auto before = salts_in(file);
  file.edit({seg + 1, seg}, bytes(seg));
  const auto after = salts_in(file);
  EXPECT_EQ(before[0], after[0]);
  EXPECT_NE(before[1], after[1]);
  EXPECT_NE(before[2], after[2]);
  EXPECT_EQ(before[3], after[3]);
}

TEST(mdmf_update, a_small_splice_sends_little_more_than_its_block) {
  updated_world file(1, {1, 1});
  file.publish(bytes(64 * seg));
  const auto sent = file.edit({20 * seg + 5, 1'000}, bytes(1'000, std::byte{7}));
  EXPECT_LT(sent, seg + 2'000) << "the block, a path of the tree, signature and header";
  file.check();
}

TEST(mdmf_update, a_share_whose_parts_lie_elsewhere_is_known) {
  updated_world file(1, {1, 2});
  auto layout = file.view(0).layout;
  EXPECT_TRUE(mdmf::is_laid_out_as_made(layout));
  layout.share_data.offset += 8;
  layout.block_hash_tree.offset += 8;
  EXPECT_FALSE(mdmf::is_laid_out_as_made(layout));
}

TEST(mdmf_update, a_stop_ends_it_before_the_next_stage) {
  updated_world file(1, {1, 1});
  const auto layout = file.view(0).layout;
  const auto plan = mdmf::plan_update(layout.header, {0, 1});
  const std::vector<byte_view> trees{file.view(0).block_hash_tree};
  std::stop_source stop;
  stop.request_stop();
  const bytes one(1);
  const auto made = mdmf::update({.now = layout,
                                  .plan = plan,
                                  .content = one,
                                  .block_hash_trees = trees,
                                  .keys = test::some_keys(),
                                  .stop = stop.get_token()},
                                 file.world.context);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::cancelled);
}
