#include "codec/codec_test_support.hpp"
#include "truckee/codec/mdmf/decode.hpp"
#include "truckee/codec/mdmf/share.hpp"
#include "truckee/codec/mdmf/window_encode.hpp"

#include <gtest/gtest.h>
#include <numeric>

using namespace truckee;
using namespace truckee::codec;

namespace {

byte_view part_of(byte_view content, const byte_range& place) {
  return content.subspan(place.offset, place.length);
}

std::set<share_number> all_shares(encoding shape) {
  std::set<share_number> out;
  for (unsigned i = 0; i < shape.total; ++i)
    out.insert({static_cast<std::uint8_t>(i)});
  return out;
}

std::unique_ptr<mdmf::window_encoder> surveyed(byte_view content, encoding shape, test::codec_world& world) {
  auto made = mdmf::window_encoder::make({content.size(), shape, sequence_number{1}, test::some_keys()},
                                         world.context);
  if (!made)
    throw std::runtime_error(to_string(made.error()));
  for (const auto& window : (*made)->windows())
    if (const auto done = (*made)->survey(window, part_of(content, (*made)->content_of(window))); !done)
      throw std::runtime_error(to_string(done.error()));
  if (const auto done = (*made)->seal(); !done)
    throw std::runtime_error(to_string(done.error()));
  return std::move(*made);
}

/// All shares, each from its frame and pieces.
std::map<share_number, bytes> put_together(const mdmf::window_encoder& encoder, byte_view content,
                                           encoding shape) {
  const auto wanted = all_shares(shape);
  std::map<share_number, bytes> out;
  const auto put = [&](share_number share, std::uint64_t at, byte_view data) {
    std::ranges::copy(data, out.at(share).begin() + static_cast<std::ptrdiff_t>(at));
  };
  for (const auto share : wanted) {
    out.emplace(share, bytes(encoder.layout().length()));
    const auto frame = encoder.frame(share);
    put(share, 0, frame.head);
    put(share, encoder.layout().block_hash_tree.offset, frame.block_hash_tree);
  }
  for (const auto& window : encoder.windows()) {
    const auto pieces = encoder.pieces(window, part_of(content, encoder.content_of(window)), wanted);
    if (!pieces)
      throw std::runtime_error(to_string(pieces.error()));
    for (const auto& [share, piece] : *pieces)
      put(share, piece.offset, piece.data.view());
  }
  return out;
}

void check_same_shares(encoding shape, std::size_t size) {
  SCOPED_TRACE(std::to_string(shape.needed) + " of " + std::to_string(shape.total) + ", " +
               std::to_string(size) + " bytes");
  test::codec_world here(7);
  test::codec_world there(7, 2);
  const auto content = test::random_bytes(size, here.random);
  test::random_bytes(size, there.random); // so that both draw the same salts
  const auto whole = here.encode_mdmf(content, shape);
  const auto encoder = surveyed(content, shape, there);
  EXPECT_EQ(encoder->layout().header, whole.header);
  for (const auto& [share, made] : put_together(*encoder, content, shape))
    ASSERT_TRUE(equal(made, whole.shares[share.value].view())) << int(share.value);
}

constexpr std::size_t window = mdmf::window_bytes;

} // namespace

TEST(mdmf_window_encode, makes_the_very_shares_that_are_made_of_the_whole_content) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{131'073}, std::size_t{3'000'000},
                                 window, window + 1, 2 * window + 131'072})
    check_same_shares({3, 10}, size);
  check_same_shares({1, 1}, window + 5);
  check_same_shares({1, 2}, 1);
  check_same_shares({85, 255}, 2 * window);
}

TEST(mdmf_window_encode, windows_are_all_segments_in_order_and_none_is_large) {
  test::codec_world world;
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32}) {
    const auto made =
        mdmf::window_encoder::make({size, {3, 10}, sequence_number{1}, test::some_keys()}, world.context);
    ASSERT_TRUE(made);
    std::uint64_t next = 0;
    for (const auto& each : (*made)->windows()) {
      EXPECT_EQ(each.first, next);
      EXPECT_GT(each.count, 0U);
      EXPECT_LE((*made)->content_of(each).length, mdmf::window_bytes);
      next += each.count;
    }
    EXPECT_EQ(next, mdmf::segment_count((*made)->layout().header));
  }
}

TEST(mdmf_window_encode, makes_what_is_wanted_and_no_more) {
  test::codec_world world;
  const auto content = test::random_bytes(300'000, world.random);
  const auto encoder = surveyed(content, {3, 10}, world);
  const std::set<share_number> wanted{{2}, {9}};
  const auto made = encoder->pieces({0, 3}, content, wanted);
  ASSERT_TRUE(made);
  std::set<share_number> got;
  for (const auto& [share, piece] : *made)
    got.insert(share);
  EXPECT_EQ(got, wanted);
}

TEST(mdmf_window_encode, one_byte_that_changed_is_told_with_its_place_and_nothing_is_made) {
  test::codec_world world;
  auto content = test::random_bytes(window + 300'000, world.random);
  const auto encoder = surveyed(content, {3, 10}, world);
  const auto windows = encoder->windows();
  ASSERT_EQ(windows.size(), 2U);
  const auto second = encoder->content_of(windows[1]);
  content[second.offset + 140'000] ^= std::byte{1};
  EXPECT_TRUE(encoder->pieces(windows[0], part_of(content, encoder->content_of(windows[0])), {{0}}));
  const auto made = encoder->pieces(windows[1], part_of(content, second), {{0}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::corrupt);
  EXPECT_NE(made.error().detail.find("changed while it was read"), std::string::npos) << made.error().detail;
}

namespace {

/// A version of two windows that exists, as a repair knows it.
struct existing_file {
  test::codec_world world{3};
  bytes content = test::random_bytes(window + 300'000, world.random);
  encoded_file file = world.encode_mdmf(content, {3, 10});
  share_view view = *mdmf::parse_share(file.shares[0].view());
  std::vector<crypto::version_salt> salts =
      *mdmf::salts_of(file.header, mdmf::all_segments(file.header), view.share_data);
  existing_version version{file.header, *crypto::signature::from(view.signature)};

  std::unique_ptr<mdmf::window_encoder> encoder() {
    mdmf::window_request request{content.size(), {1, 1}, sequence_number{77}, test::some_keys()};
    request.again = version;
    return std::move(*mdmf::window_encoder::make(request, world.context));
  }
  std::span<const crypto::version_salt> salts_in(const mdmf::segment_range& of) const {
    return std::span(salts).subspan(of.first, of.count);
  }
  /// The first thing that goes wrong.
  result<void> survey(mdmf::window_encoder& by) const {
    for (const auto& each : by.windows())
      if (auto done = by.survey(each, part_of(content, by.content_of(each)), salts_in(each)); !done)
        return done;
    return by.seal();
  }
};

} // namespace

TEST(mdmf_window_encode, makes_shares_of_a_version_that_exists_again_byte_for_byte) {
  existing_file there;
  const auto encoder = there.encoder();
  const auto good = there.survey(*encoder);
  ASSERT_TRUE(good) << to_string(good.error());
  EXPECT_EQ(encoder->layout().header, there.file.header);
  for (const auto& [share, made] : put_together(*encoder, there.content, {3, 10}))
    ASSERT_TRUE(equal(made, there.file.shares[share.value].view())) << int(share.value);
}

TEST(mdmf_window_encode, another_content_salt_length_or_signature_is_not_that_version) {
  const auto refused = [](const std::function<void(existing_file&)>& change) {
    existing_file there;
    change(there);
    const auto encoder = there.encoder();
    const auto how = there.survey(*encoder);
    EXPECT_FALSE(how);
    return !how && how.error().code == errc::corrupt;
  };
  EXPECT_TRUE(refused([](auto& x) { x.content[window + 5] ^= std::byte{1}; }));
  EXPECT_TRUE(refused([](auto& x) { std::swap(x.salts[0], x.salts[1]); }));
  EXPECT_TRUE(refused([](auto& x) {
    bytes other = to_bytes(x.version.signature.view());
    other[9] ^= std::byte{1};
    x.version.signature = *crypto::signature::from(other);
  }));
  existing_file there;
  const auto encoder = there.encoder();
  const auto first = encoder->windows().front();
  EXPECT_EQ(encoder->survey(first, part_of(there.content, encoder->content_of(first))).error().code,
            errc::corrupt);
  there.content.resize(window);
  mdmf::window_request request{window, {3, 10}, sequence_number{1}, test::some_keys()};
  request.again = there.version;
  EXPECT_EQ(mdmf::window_encoder::make(request, there.world.context).error().code, errc::corrupt);
}

TEST(mdmf_window_encode, what_no_file_can_have_and_trees_too_large_are_refused_in_words) {
  test::codec_world world;
  const auto make = [&](std::uint64_t size, encoding shape) {
    return mdmf::window_encoder::make({size, shape, sequence_number{1}, test::some_keys()}, world.context);
  };
  EXPECT_TRUE(make(std::uint64_t{32} << 30, {3, 10}));
  const auto many = make(std::uint64_t{1} << 40, {3, 10});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, errc::too_large);
  EXPECT_NE(many.error().detail.find("block hash trees"), std::string::npos);
  const auto beyond = make(mdmf::data_length_max + 1, {1, 1});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, errc::too_large);
  EXPECT_FALSE(make(1, {0, 10}));
}
