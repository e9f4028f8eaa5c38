#include "truckee/crypto/base32.hpp"

#include "test_support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace truckee;
using namespace truckee::crypto;

TEST(base32, encodes_as_the_vectors_say) {
  const auto vectors = test::read_json("base32.json");
  ASSERT_FALSE(vectors["encode"].empty());
  for (const auto& v : vectors["encode"]) {
    const auto raw = test::hex(v["bin"]);
    EXPECT_EQ(to_base32(raw), v["b32"].get<std::string>());
    EXPECT_EQ(from_base32(v["b32"].get<std::string>()), raw);
  }
}

TEST(base32, decodes_as_the_vectors_say) {
  const auto vectors = test::read_json("base32.json");
  ASSERT_FALSE(vectors["decode"].empty());
  for (const auto& v : vectors["decode"]) {
    const auto text = v["b32"].get<std::string>();
    const auto got = from_base32(text, base32_tail::as_tahoe);
    if (v["ok"].get<bool>())
      EXPECT_EQ(got, test::hex(v["bin"])) << text;
    else
      EXPECT_EQ(got, std::nullopt) << text;
  }
}

TEST(base32, a_second_text_for_the_same_bytes_is_refused_unless_asked_for) {
  EXPECT_EQ(from_base32("ae"), test::hex("01"));
  EXPECT_EQ(from_base32("ac"), std::nullopt);
  EXPECT_EQ(from_base32("lo"), std::nullopt);
  EXPECT_EQ(from_base32("ac", base32_tail::as_tahoe), test::hex("00"));
}

TEST(base32, every_text_that_decodes_is_the_text_of_its_bytes) {
  const bool held = rc::check([](const std::vector<std::uint8_t>& digits) {
    std::string text;
    for (const auto d : digits)
      text += "abcdefghijklmnopqrstuvwxyz234567"[d % 32];
    if (const auto raw = from_base32(text))
      RC_ASSERT(to_base32(*raw) == text);
  });
  EXPECT_TRUE(held);
}
