#include "truckee/codec/erasure/erasure_code.hpp"

#include "test_support.hpp"
#include "truckee/codec/erasure/galois.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <isa-l/erasure_code.h>
#include <numeric>
#include <random>

using namespace truckee;
using namespace truckee::codec;

namespace {

std::shared_ptr<const erasure_code> code_of(unsigned k, unsigned n) {
  return *erasure_code::make({static_cast<std::uint8_t>(k), static_cast<std::uint8_t>(n)});
}

/// All N blocks of the pieces.
std::vector<bytes> encode_all(const erasure_code& code, const std::vector<bytes>& pieces) {
  std::vector<bytes> blocks = pieces;
  blocks.resize(code.shape().total, bytes(pieces.front().size()));
  std::vector<byte_view> from(pieces.begin(), pieces.end());
  std::vector<mutable_byte_view> to(blocks.begin() + code.shape().needed, blocks.end());
  code.encode(from, to);
  return blocks;
}

result<std::vector<bytes>> decode_from(const erasure_code& code, const std::vector<bytes>& blocks,
                                       const std::vector<std::size_t>& which) {
  std::vector<numbered_block> here;
  for (const auto i : which)
    here.push_back({{static_cast<std::uint8_t>(i)}, blocks[i]});
  std::vector<bytes> pieces(code.shape().needed, bytes(blocks.front().size()));
  const std::vector<mutable_byte_view> to(pieces.begin(), pieces.end());
  return code.decode(here, to).map([&] { return pieces; });
}

std::vector<bytes> random_pieces(std::size_t count, std::size_t size, random_source& random) {
  std::vector<bytes> out(count, bytes(size));
  for (auto& piece : out)
    random.fill(piece);
  return out;
}

std::vector<std::uint8_t> numbers(std::size_t first, std::size_t end) {
  std::vector<std::uint8_t> out(end - first);
  std::iota(out.begin(), out.end(), static_cast<std::uint8_t>(first));
  return out;
}

} // namespace

TEST(erasure_code, matrix_and_blocks_equal_zfec) {
  const auto vectors = test::read_json("zfec.json")["vectors"];
  ASSERT_EQ(vectors.size(), 8U);
  for (const auto& v : vectors) {
    const auto k = v["k"].get<std::size_t>();
    const auto n = v["n"].get<std::size_t>();
    const auto rows = interpolation_rows(numbers(0, k), numbers(0, n));
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_EQ(to_hex(byte_view(rows).subspan(i * k, k)), v["matrix_rows"][i].get<std::string>())
          << k << " " << n;
    if (n > 255)
      continue; // zfec goes one further than mutable files do
    std::vector<bytes> pieces;
    for (const auto& piece : v["pieces"])
      pieces.push_back(test::hex(piece));
    const auto blocks = encode_all(*code_of(static_cast<unsigned>(k), static_cast<unsigned>(n)), pieces);
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_EQ(to_hex(blocks[i]), v["blocks"][i].get<std::string>()) << k << " " << n << " block " << i;
  }
}

TEST(erasure_code, numbers_outside_the_limits_are_refused_as_the_real_code_does) {
  const auto vectors = test::read_json("limits.json");
  ASSERT_FALSE(vectors.empty());
  for (const auto& v : vectors) {
    ASSERT_FALSE(v["ok"].get<bool>());
    const auto made = make_encoding(v["k"].get<std::uint64_t>(), v["n"].get<std::uint64_t>());
    ASSERT_FALSE(made) << v.dump();
    EXPECT_EQ(made.error().code, errc::usage);
  }
  const auto of_zfec = test::read_json("zfec.json")["limits"];
  for (const auto& v : of_zfec)
    EXPECT_FALSE(make_encoding(v["k"].get<std::uint64_t>(), v["n"].get<std::uint64_t>())) << v.dump();
  EXPECT_TRUE(make_encoding(1, 1));
  EXPECT_TRUE(make_encoding(255, 255));
  EXPECT_FALSE(erasure_code::make({0, 3}));
  EXPECT_FALSE(erasure_code::make({4, 3}));
}

TEST(erasure_code, any_k_of_n_blocks_give_the_pieces_back) {
  test::seeded_random random(7);
  std::mt19937 shuffle(7);
  const std::vector<std::pair<unsigned, unsigned>> shapes{{1, 1},     {1, 255},   {2, 3},     {3, 10},
                                                          {5, 5},     {7, 30},    {16, 17},   {64, 96},
                                                          {100, 200}, {127, 255}, {254, 255}, {255, 255}};
  for (const auto& [k, n] : shapes)
    for (const std::size_t size : {1U, 15U, 16U, 17U, 63U, 64U, 65U, 1024U, 4095U, 4160U, 9001U}) {
      const auto code = code_of(k, n);
      const auto pieces = random_pieces(k, size, random);
      const auto blocks = encode_all(*code, pieces);
      std::vector<std::size_t> order(n);
      std::iota(order.begin(), order.end(), 0U);
      std::shuffle(order.begin(), order.end(), shuffle);
      order.resize(k);
      const auto decoded = decode_from(*code, blocks, order);
      ASSERT_TRUE(decoded) << to_string(decoded.error());
      ASSERT_EQ(*decoded, pieces) << k << " of " << n << ", " << size << " bytes";
    }
}

TEST(erasure_code, every_choice_of_three_of_ten_decodes) {
  test::seeded_random random(8);
  const auto code = code_of(3, 10);
  const auto pieces = random_pieces(3, 100, random);
  const auto blocks = encode_all(*code, pieces);
  for (std::size_t a = 0; a < 10; ++a)
    for (std::size_t b = a + 1; b < 10; ++b)
      for (std::size_t c = b + 1; c < 10; ++c)
        ASSERT_EQ(decode_from(*code, blocks, {c, a, b}), pieces) << a << b << c;
}

TEST(erasure_code, rows_for_every_k_agree_with_multiplication_by_the_definition) {
  // The polynomial through the k data points, evaluated by Horner-like products, in another way than by
  // logarithms.
  for (unsigned k = 1; k <= 255; k += 7) {
    const auto rows = interpolation_rows(numbers(0, k), numbers(k, 255));
    for (std::size_t t = k; t < 255; t += 13)
      for (std::size_t c = 0; c < k; c += 5) {
        unsigned char up = 1;
        unsigned char down = 1;
        const auto x = [](std::size_t i) { return galois::point(static_cast<std::uint8_t>(i)); };
        for (std::size_t m = 0; m < k; ++m)
          if (m != c) {
            up = gf_mul(up, x(t) ^ x(m));
            down = gf_mul(down, x(c) ^ x(m));
          }
        ASSERT_EQ(static_cast<unsigned>(rows[(t - k) * k + c]), gf_mul(up, gf_inv(down)))
            << k << " " << t << " " << c;
      }
  }
}

TEST(erasure_code, too_few_repeated_or_foreign_blocks_are_refused_by_name) {
  test::seeded_random random(9);
  const auto code = code_of(3, 10);
  const auto blocks = encode_all(*code, random_pieces(3, 64, random));
  EXPECT_EQ(decode_from(*code, blocks, {1, 2}).error().code, errc::not_enough_shares);
  EXPECT_EQ(decode_from(*code, blocks, {1, 2, 2, 1}).error().code, errc::not_enough_shares);
  auto uneven = blocks;
  uneven[5].pop_back();
  EXPECT_EQ(decode_from(*code, uneven, {5, 1, 2}).error().code, errc::malformed);
  auto more = blocks;
  more.resize(12, bytes(64));
  EXPECT_EQ(decode_from(*code, more, {11, 1, 2}).error().code, errc::malformed);
}

TEST(erasure_code, a_piece_in_place_is_left_alone) {
  test::seeded_random random(10);
  const auto code = code_of(2, 4);
  const auto pieces = random_pieces(2, 200, random);
  const auto blocks = encode_all(*code, pieces);
  auto memory = pieces;
  std::fill(memory[1].begin(), memory[1].end(), std::byte{0});
  const std::vector<numbered_block> here{{{0}, memory[0]}, {{3}, blocks[3]}};
  const std::vector<mutable_byte_view> to(memory.begin(), memory.end());
  ASSERT_TRUE(code->decode(here, to));
  EXPECT_EQ(memory, pieces);
}

TEST(erasure_codes, hands_the_same_code_out_again_and_stays_bounded) {
  erasure_codes codes;
  const auto one = codes.get({3, 10});
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, *codes.get({3, 10}));
  for (std::uint8_t n = 1; n < 200; ++n)
    EXPECT_EQ((*codes.get({1, n}))->shape(), (encoding{1, n}));
  EXPECT_FALSE(codes.get({9, 3}));
}
