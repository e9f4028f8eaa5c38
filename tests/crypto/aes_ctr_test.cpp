#include "truckee/crypto/aes_ctr.hpp"

#include "test_support.hpp"
#include "truckee/crypto/keys.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace truckee;
using namespace truckee::crypto;

namespace {

data_key some_key() {
  return *data_key::from(bytes(16, std::byte{7}));
}

} // namespace

TEST(aes_ctr, equals_the_vectors_in_place_and_apart) {
  const auto vectors = test::read_json("rsa_aes.json")["aes_ctr"];
  ASSERT_FALSE(vectors.empty());
  for (const auto& v : vectors) {
    const auto key = *data_key::from(test::hex(v["key"]));
    auto text = test::hex(v["plaintext"]);
    bytes apart(text.size());
    aes_ctr(key).apply(text, apart);
    aes_ctr(key).apply(text, text);
    EXPECT_EQ(to_hex(apart), v["ciphertext"].get<std::string>());
    EXPECT_EQ(to_hex(text), v["ciphertext"].get<std::string>());
  }
}

TEST(aes_ctr, pieces_of_any_size_make_the_same_stream_as_the_whole) {
  const bool held = rc::check([](std::uint16_t size, std::vector<std::uint8_t> cuts) {
    const bytes whole(size, std::byte{0x5a});
    bytes at_once(size);
    aes_ctr(some_key()).apply(whole, at_once);
    bytes in_pieces = whole;
    aes_ctr stream(some_key());
    mutable_byte_view rest = in_pieces;
    for (const auto cut : cuts) {
      const auto part = rest.first(std::min<std::size_t>(cut, rest.size()));
      stream.apply(part, part);
      rest = rest.subspan(part.size());
    }
    stream.apply(rest, rest);
    RC_ASSERT(in_pieces == at_once);
  });
  EXPECT_TRUE(held);
}

TEST(aes_ctr, nothing_in_gives_nothing_out) {
  aes_ctr stream(some_key());
  stream.apply({}, {});
  bytes one(1);
  stream.apply(one, one);
  bytes fresh(1);
  aes_ctr(some_key()).apply(fresh, fresh);
  EXPECT_EQ(one, fresh);
}
