#include "codec/codec_test_support.hpp"
#include "truckee/codec/mdmf/decode.hpp"

#include <gtest/gtest.h>
#include <numeric>
#include <rapidcheck.h>
#include <set>

using namespace truckee;
using namespace truckee::codec;

namespace {

/// These segments from these shares' verified blocks of them, and nothing else of the shares.
result<shared_bytes> decode_part(const encoded_file& file, const mdmf::segment_range& range,
                                 const std::vector<std::size_t>& which, erasure_codes& codes) {
  std::vector<numbered_block> blocks;
  for (const auto i : which) {
    const share_number number{static_cast<std::uint8_t>(i)};
    const auto share = mdmf::parse_share(file.shares[i].view()).value();
    const auto place = mdmf::salted_blocks(file.header, range);
    const auto part = share.share_data.subspan(place.offset, place.length);
    if (!mdmf::verify_hashes(file.header, number, share.share_hash_chain, share.block_hash_tree) ||
        !mdmf::verify_blocks(file.header, share.block_hash_tree, range, part))
      return fail(errc::corrupt, "share " + std::to_string(i));
    blocks.push_back({number, part});
  }
  return mdmf::decode(file.header, test::some_keys().read, range, blocks, codes);
}

/// k of the N share numbers, drawn.
std::vector<std::size_t> draw_shares(encoding shape, random_source& random) {
  std::vector<std::size_t> all(shape.total);
  std::iota(all.begin(), all.end(), 0U);
  for (std::size_t i = all.size(); i > 1; --i)
    std::swap(all[i - 1], all[random.below(i)]);
  all.resize(shape.needed);
  return all;
}

void check_mdmf_roundtrip(encoding shape, std::size_t size, std::uint64_t seed) {
  SCOPED_TRACE(std::to_string(shape.needed) + " of " + std::to_string(shape.total) + ", " +
               std::to_string(size) + " bytes, seed " + std::to_string(seed));
  test::codec_world world(seed);
  const auto content = test::random_bytes(size, world.random);
  const auto file = world.encode_mdmf(content, shape);
  for (std::size_t i = 0; i < file.shares.size(); ++i) {
    const auto share = mdmf::parse_share(file.shares[i].view());
    ASSERT_TRUE(share) << to_string(share.error());
    ASSERT_EQ(share->layout.length(), file.shares[i].size());
    const auto good =
        mdmf::verify_share(*share, {static_cast<std::uint8_t>(i)}, test::some_keys().fingerprint);
    ASSERT_TRUE(good) << to_string(good.error());
  }
  const auto which = draw_shares(shape, world.random);
  const auto got = decode_part(file, mdmf::all_segments(file.header), which, world.codes);
  ASSERT_TRUE(got) << to_string(got.error());
  ASSERT_EQ(to_bytes(got->view()), content);
  const auto count = mdmf::segment_count(file.header);
  for (std::uint64_t first = 0; first < count; ++first) {
    const mdmf::segment_range range{first, 1 + world.random.below(count - first)};
    const auto part = decode_part(file, range, which, world.codes);
    ASSERT_TRUE(part) << to_string(part.error());
    const auto place = mdmf::content_of(file.header, range);
    ASSERT_TRUE(equal(part->view(), byte_view(content).subspan(place.offset, place.length)));
  }
}

constexpr std::array<std::size_t, 5> segment_edges{131'071, 131'072, 131'073, 262'144, 262'147};

} // namespace

TEST(mdmf_roundtrip, any_k_shares_give_the_content_back_whatever_k_n_and_size) {
  const bool held = rc::check([](std::uint8_t a, std::uint8_t b, std::uint16_t size, std::uint64_t seed) {
    const auto total = static_cast<std::uint8_t>(a % 255 + 1);
    const encoding shape{static_cast<std::uint8_t>(b % total + 1), total};
    check_mdmf_roundtrip(shape, size % 5000, seed);
  });
  EXPECT_TRUE(held);
}

TEST(mdmf_roundtrip, sizes_around_every_edge) {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 4U, 47U, 48U, 49U})
    check_mdmf_roundtrip({3, 10}, size, size);
  for (const auto size : segment_edges)
    for (const auto shape : {encoding{1, 1}, encoding{2, 3}, encoding{3, 10}})
      check_mdmf_roundtrip(shape, size, size);
  check_mdmf_roundtrip({3, 10}, 1'000'003, 1);
}

TEST(mdmf_roundtrip, the_last_block_has_no_more_than_its_share_of_the_tail) {
  test::codec_world world;
  const auto file = world.encode_mdmf(bytes(131'073 + 4, std::byte{1}), {3, 10});
  const auto layout = mdmf::parse_layout(file.shares[0].view()).value();
  EXPECT_EQ(layout.share_data.length, 16U + 43'691U + 16U + 2U);
}

TEST(mdmf_encode, a_pool_of_threads_and_used_buffers_make_the_same_shares) {
  const bytes content(300'000, std::byte{3});
  const auto alone = test::codec_world(5, 0).encode_mdmf(content, {3, 10});
  buffer_pool pool(1 << 22);
  for (int round = 0; round < 3; ++round) {
    test::codec_world world(5, 3);
    world.context.buffers = &pool;
    EXPECT_EQ(world.encode_mdmf(content, {3, 10}).shares, alone.shares) << "round " << round;
    static_cast<void>(world.encode(bytes(300'000, std::byte{0xff}), {3, 10})); // leaves other bytes behind
  }
}

TEST(mdmf_encode, every_segment_has_a_salt_of_its_own) {
  test::codec_world world;
  const bytes content(400'000, std::byte{3});
  std::set<crypto::version_salt> seen;
  for (int version = 0; version < 3; ++version) {
    const auto file = world.encode_mdmf(content, {3, 10});
    std::optional<std::vector<crypto::version_salt>> of_first;
    for (const auto& bytes : file.shares) {
      const auto share = mdmf::parse_share(bytes.view()).value();
      const auto salts =
          mdmf::salts_of(share.header(), mdmf::all_segments(share.header()), share.share_data).value();
      EXPECT_EQ(salts.size(), 4U);
      EXPECT_EQ(salts, of_first.value_or(salts)) << "the same in every share";
      of_first = salts;
    }
    seen.insert(of_first->begin(), of_first->end());
  }
  EXPECT_EQ(seen.size(), 12U);
}

TEST(mdmf_encode, answers_with_the_prefix_and_checkstring_of_its_shares) {
  const auto file = test::codec_world().encode_mdmf(as_bytes("content"), {2, 4});
  ASSERT_EQ(file.shares.size(), 4U);
  EXPECT_EQ(file.signed_prefix.size(), mdmf::signed_prefix_size);
  EXPECT_EQ(file.checkstring.size(), mdmf::checkstring_size);
  for (const auto& share : file.shares) {
    EXPECT_TRUE(equal(file.signed_prefix, share.view().first(mdmf::signed_prefix_size)));
    EXPECT_TRUE(equal(file.checkstring, share.view().first(mdmf::checkstring_size)));
    EXPECT_EQ(mdmf::parse_share(share.view())->header(), file.header);
  }
}

TEST(mdmf_encode, the_size_of_a_share_is_known_before_it_is_made) {
  test::codec_world world;
  for (const auto size : segment_edges)
    EXPECT_EQ(mdmf::share_size(size, {2, 5}, test::some_keys().signing),
              world.encode_mdmf(bytes(size), {2, 5}).shares[4].size());
}

TEST(mdmf_encode, stops_between_stages_and_refuses_shapes_that_cannot_be) {
  test::codec_world world;
  std::stop_source stop;
  const auto stop_at_hash = [&](stage which) {
    if (which == stage::hash)
      stop.request_stop();
  };
  const auto stopped = mdmf::encode(
      {as_bytes("x"), {1, 2}, sequence_number{1}, test::some_keys(), stop_at_hash, stop.get_token()},
      world.context);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, errc::cancelled);
  for (const auto shape : {encoding{0, 10}, encoding{4, 3}, encoding{0, 0}}) {
    const auto file =
        mdmf::encode({as_bytes("x"), shape, sequence_number{1}, test::some_keys()}, world.context);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, errc::usage);
  }
}

TEST(mdmf_encode, a_version_s_shares_are_made_again_to_the_last_byte) {
  test::codec_world world(3);
  auto content = test::random_bytes(300'000, world.random);
  const auto file = world.encode_mdmf(content, {3, 10});
  const auto share = mdmf::parse_share(file.shares[6].view()).value();
  existing_version version{
      share.header(), *crypto::signature::from(share.signature),
      mdmf::salts_of(share.header(), mdmf::all_segments(share.header()), share.share_data).value()};
  test::scripted_random nothing({});
  const codec_context context{nothing, world.workers, world.codes};
  const auto encode_again = [&] {
    encode_request request{content, {1, 1}, sequence_number{99}, test::some_keys()};
    request.again = &version;
    return mdmf::encode(request, context);
  };
  const auto made = encode_again();
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_EQ(made->shares, file.shares);

  content[200'000] ^= std::byte{1};
  EXPECT_EQ(encode_again().error().code, errc::corrupt);
  content[200'000] ^= std::byte{1};
  std::swap(version.salts[0], version.salts[1]);
  EXPECT_EQ(encode_again().error().code, errc::corrupt);
  std::swap(version.salts[0], version.salts[1]);
  version.salts.pop_back();
  EXPECT_EQ(encode_again().error().code, errc::corrupt);
}

TEST(mdmf_decode, blocks_that_do_not_fit_the_header_are_refused_before_anything_is_allocated) {
  erasure_codes codes;
  share_header header;
  header.shape = {2, 3};
  header.data_length = mdmf::data_length_max;
  header = mdmf::make_layout(header, 294, 1218).header;
  const bytes small(10);
  const std::vector<numbered_block> blocks{{{0}, small}, {{1}, small}};
  const auto all = mdmf::all_segments(header);
  EXPECT_EQ(mdmf::decode(header, {}, all, blocks, codes).error().code, errc::malformed);
  EXPECT_EQ(mdmf::decode(header, {}, all, {}, codes).error().code, errc::not_enough_shares);
  EXPECT_EQ(mdmf::decode(header, {}, {all.count, 1}, blocks, codes).error().code, errc::usage);
  EXPECT_EQ(mdmf::salts_of(header, mdmf::all_segments(header), small), std::nullopt);
}

TEST(mdmf_decode, shares_of_another_salt_are_not_mixed) {
  test::codec_world world(1);
  test::codec_world other(2);
  const bytes content(100, std::byte{3});
  const auto one = world.encode_mdmf(content, {2, 3});
  const auto two = other.encode_mdmf(content, {2, 3});
  const std::vector<numbered_block> blocks{{{0}, mdmf::parse_share(one.shares[0].view())->share_data},
                                           {{1}, mdmf::parse_share(two.shares[1].view())->share_data}};
  const auto got = mdmf::decode(one.header, test::some_keys().read, {0, 1}, blocks, world.codes);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::corrupt);
  EXPECT_NE(got.error().detail.find("salt of segment 0"), std::string::npos);
}
