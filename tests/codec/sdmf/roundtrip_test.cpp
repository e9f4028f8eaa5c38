#include "codec/codec_test_support.hpp"
#include "truckee/codec/sdmf/decode.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <rapidcheck.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

/// Time that a look at it moves on by a second.
class ticking_time final : public time_source {
public:
  time_point now() const override { return time_point(std::chrono::seconds(++ticks_)); }
  std::chrono::milliseconds unix_now() const override { return {}; }

private:
  mutable std::int64_t ticks_ = 0;
};

result<shared_bytes> decode_shares(const encoded_file& file, const std::vector<std::size_t>& which,
                                   erasure_codes& codes) {
  std::vector<numbered_block> blocks;
  for (const auto i : which) {
    const auto share = sdmf::parse_share(file.shares[i].view());
    if (!share || !sdmf::verify_share(*share, {static_cast<std::uint8_t>(i)}, test::some_keys().fingerprint))
      return fail(errc::corrupt, "share " + std::to_string(i));
    blocks.push_back({{static_cast<std::uint8_t>(i)}, share->share_data});
  }
  return sdmf::decode(file.header, test::some_keys().read, blocks, codes);
}

/// k of the N share numbers, drawn.
std::vector<std::size_t> draw(encoding shape, random_source& random) {
  std::vector<std::size_t> all(shape.total);
  std::iota(all.begin(), all.end(), 0U);
  for (std::size_t i = all.size(); i > 1; --i)
    std::swap(all[i - 1], all[random.below(i)]);
  all.resize(shape.needed);
  return all;
}

void check_roundtrip(encoding shape, std::size_t size, std::uint64_t seed) {
  test::codec_world world(seed);
  const auto content = test::random_bytes(size, world.random);
  const auto file = world.encode(content, shape);
  const auto got = decode_shares(file, draw(shape, world.random), world.codes);
  ASSERT_TRUE(got) << to_string(got.error());
  ASSERT_EQ(to_bytes(got->view()), content)
      << int{shape.needed} << " of " << int{shape.total} << ", " << size << " bytes, seed " << seed;
}

} // namespace

TEST(roundtrip, any_k_shares_give_the_content_back_whatever_k_n_and_size) {
  const bool held = rc::check([](std::uint8_t a, std::uint8_t b, std::uint16_t size, std::uint64_t seed) {
    const auto total = static_cast<std::uint8_t>(a % 255 + 1);
    const encoding shape{static_cast<std::uint8_t>(b % total + 1), total};
    check_roundtrip(shape, size % 5000, seed);
  });
  EXPECT_TRUE(held);
}

TEST(roundtrip, sizes_around_every_edge) {
  for (const std::size_t size : {0U,  1U,   2U,   3U,   4U,     15U,    16U,    17U,    47U,    48U,
                                 49U, 191U, 192U, 193U, 12287U, 12288U, 12289U, 65535U, 65536U, 1000003U})
    check_roundtrip({3, 10}, size, size);
}

TEST(roundtrip, a_pool_of_threads_makes_the_same_shares) {
  const bytes content(300000, std::byte{3});
  test::codec_world alone(5, 0);
  test::codec_world with_help(5, 3);
  const auto one = alone.encode(content, {3, 10});
  const auto two = with_help.encode(content, {3, 10});
  for (std::size_t i = 0; i < one.shares.size(); ++i)
    EXPECT_EQ(one.shares[i], two.shares[i]) << "share " << i;
}

TEST(encode, used_buffers_give_the_same_shares_as_fresh_ones) {
  const bytes content(70001, std::byte{3});
  const auto fresh = test::codec_world(5).encode(content, {3, 10});
  buffer_pool pool(1 << 22);
  for (int round = 0; round < 3; ++round) {
    test::codec_world world(5);
    world.context.buffers = &pool;
    EXPECT_EQ(world.encode(content, {3, 10}).shares, fresh.shares) << "round " << round;
    EXPECT_GT(pool.kept_bytes(), 0U);
    static_cast<void>(world.encode(bytes(69000, std::byte{0xff}), {3, 10})); // leaves other bytes behind
  }
}

TEST(encode, the_same_seed_gives_the_same_bytes_and_another_one_another_salt) {
  const bytes content(1000, std::byte{3});
  const auto one = test::codec_world(5).encode(content, {3, 10});
  const auto two = test::codec_world(5).encode(content, {3, 10});
  const auto three = test::codec_world(6).encode(content, {3, 10});
  EXPECT_EQ(one.shares, two.shares);
  EXPECT_NE(one.header.salt, three.header.salt);
}

TEST(encode, answers_with_the_prefix_and_checkstring_of_its_shares) {
  const auto file = test::codec_world().encode(as_bytes("content"), {2, 4});
  ASSERT_EQ(file.shares.size(), 4U);
  for (const auto& share : file.shares) {
    EXPECT_TRUE(equal(file.signed_prefix, share.view().first(sdmf::signed_prefix_size)));
    EXPECT_TRUE(equal(file.checkstring, share.view().first(sdmf::checkstring_size)));
    EXPECT_EQ(sdmf::parse_share(share.view())->header(), file.header);
  }
}

TEST(encode, data_regions_are_aligned_for_the_vector_unit) {
  const bytes content(100000, std::byte{3});
  const auto file = test::codec_world().encode(content, {3, 10});
  for (const auto& share : file.shares)
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(sdmf::parse_share(share.view())->share_data.data()) %
                  buffer::alignment,
              0U);
}

TEST(encode, stages_are_told_in_order_and_timed_by_the_injected_clock) {
  test::codec_world world;
  world.context.time = std::make_shared<ticking_time>();
  std::vector<stage> seen;
  const auto file = sdmf::encode(
      {as_bytes("x"), {1, 2}, sequence_number{1}, test::some_keys(), [&](auto s) { seen.push_back(s); }},
      world.context);
  ASSERT_TRUE(file);
  EXPECT_EQ(seen, (std::vector{stage::encrypt, stage::encode, stage::hash, stage::sign, stage::pack}));
  for (const auto which : encode_stages)
    EXPECT_DOUBLE_EQ(file->timings.at(which), 1.0) << to_word(which);
}

TEST(encode, a_stop_between_stages_is_answered_as_cancelled) {
  test::codec_world world;
  std::stop_source stop;
  const auto stop_at_hash = [&](stage which) {
    if (which == stage::hash)
      stop.request_stop();
  };
  const auto file = sdmf::encode(
      {as_bytes("x"), {1, 2}, sequence_number{1}, test::some_keys(), stop_at_hash, stop.get_token()},
      world.context);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, errc::cancelled);
  EXPECT_NE(file.error().detail.find("sign"), std::string::npos) << file.error().detail;
}

TEST(encode, a_shape_that_cannot_be_is_a_usage_error) {
  test::codec_world world;
  for (const auto shape : {encoding{0, 10}, encoding{4, 3}, encoding{0, 0}}) {
    const auto file =
        sdmf::encode({as_bytes("x"), shape, sequence_number{1}, test::some_keys()}, world.context);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, errc::usage);
  }
}

TEST(decode, blocks_that_do_not_fit_the_header_are_refused_before_anything_is_allocated) {
  erasure_codes codes;
  share_header header;
  header.shape = {2, 3};
  header.data_length = std::uint64_t{1} << 60;
  const bytes small(10);
  const std::vector<numbered_block> blocks{{{0}, small}, {{1}, small}};
  EXPECT_EQ(sdmf::decode(header, {}, blocks, codes).error().code, errc::malformed);
  EXPECT_EQ(sdmf::decode(header, {}, {}, codes).error().code, errc::not_enough_shares);
  header.shape = {0, 0};
  EXPECT_EQ(sdmf::decode(header, {}, blocks, codes).error().code, errc::usage);
}

TEST(decode, another_read_key_gives_other_bytes) {
  test::codec_world world;
  const bytes content(100, std::byte{3});
  const auto file = world.encode(content, {1, 1});
  const auto share = sdmf::parse_share(file.shares[0].view());
  ASSERT_TRUE(share);
  const std::vector<numbered_block> blocks{{{0}, share->share_data}};
  EXPECT_NE(to_bytes(sdmf::decode(file.header, crypto::read_key{}, blocks, world.codes)->view()), content);
  EXPECT_EQ(to_bytes(sdmf::decode(file.header, test::some_keys().read, blocks, world.codes)->view()),
            content);
}
