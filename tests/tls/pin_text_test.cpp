#include "truckee/tls/pin_text.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::tls;

TEST(pin_text, goes_there_and_back) {
  pin x;
  for (std::size_t i = 0; i < x.data.size(); ++i)
    x.data[i] = static_cast<std::byte>(255 - 7 * i);
  EXPECT_EQ(to_text(x).size(), 43U);
  EXPECT_EQ(parse_pin(to_text(x)), x);
  EXPECT_EQ(to_text(pin{}), std::string(43, 'A'));
}

TEST(pin_text, is_that_of_nurls) {
  const auto x = parse_pin("q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg");
  ASSERT_TRUE(x);
  EXPECT_EQ(to_hex(x->view()), "abe01186b7eb0c72e71a947c8c2026bc06743d1980ab21b7b3c1e7fccf042328");
  EXPECT_EQ(to_text(*x), "q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg");
}

TEST(pin_text, has_one_form) {
  for (const auto* wrong :
       {"", "q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIy", "q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyh",
        "q+ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn/M8EIyg", "q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg="})
    EXPECT_FALSE(parse_pin(wrong)) << wrong;
}
