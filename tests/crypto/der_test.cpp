#include "truckee/crypto/der.hpp"

#include "test_support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace truckee;
using namespace truckee::crypto;

namespace {

std::optional<std::string> read_integer(const std::string& hex_text) {
  const auto der = test::hex(hex_text);
  der::reader from(der);
  const auto value = from.unsigned_integer();
  if (!value || !from.at_end())
    return std::nullopt;
  return to_hex(*value);
}

} // namespace

TEST(der, integers_have_their_shortest_form_only) {
  EXPECT_EQ(read_integer("020100"), "00");
  EXPECT_EQ(read_integer("02017f"), "7f");
  EXPECT_EQ(read_integer("02020080"), "80");
  EXPECT_EQ(read_integer("0202007f"), std::nullopt) << "a sign byte that is not needed";
  EXPECT_EQ(read_integer("020180"), std::nullopt) << "negative";
  EXPECT_EQ(read_integer("0200"), std::nullopt) << "no content";
  EXPECT_EQ(read_integer("030100"), std::nullopt) << "another tag";
}

TEST(der, lengths_have_their_shortest_form_only) {
  EXPECT_EQ(read_integer("02810101"), std::nullopt) << "long form for a short length";
  EXPECT_EQ(read_integer("0282000101"), std::nullopt);
  EXPECT_EQ(read_integer("028001"), std::nullopt) << "indefinite";
  EXPECT_EQ(read_integer("028301000001"), std::nullopt) << "three bytes of length";
  EXPECT_EQ(read_integer("020201"), std::nullopt) << "longer than the input";
  EXPECT_EQ(read_integer("02"), std::nullopt);
  EXPECT_EQ(read_integer("0282ff"), std::nullopt);
  const auto long_one = "028180" + std::string(256, '1');
  EXPECT_EQ(read_integer(long_one), std::string(256, '1'));
}

TEST(der, any_bytes_are_read_or_refused_within_their_bounds) {
  const bool held = rc::check([](const std::vector<std::uint8_t>& noise) {
    const auto exact = to_bytes(std::as_bytes(std::span(noise)));
    for (const auto kind : {der::tag::integer, der::tag::sequence, der::tag::bit_string}) {
      der::reader from(exact);
      while (const auto value = from.value(kind))
        RC_ASSERT(value->data() >= exact.data() &&
                  value->data() + value->size() <= exact.data() + exact.size());
    }
  });
  EXPECT_TRUE(held);
}
