#include "truckee/gbs/nurl.hpp"

#include "test_support.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::gbs;

namespace {

const std::string good =
    "pb://q-ARhrfrDHLnGpR8jCAmvAZ0PRmAqyG3s8Hn_M8EIyg@host.example:4402/swissnumsecret#v=1";

/// `text` with the first `old` replaced.
std::string swapped(std::string text, std::string_view old, std::string_view with) {
  return text.replace(text.find(old), old.size(), with);
}

} // namespace

TEST(nurl, is_read_exactly_and_its_secret_never_repeated) {
  EXPECT_TRUE(parse_nurl(good));
  const std::vector<std::string> wrong{
      good.substr(2),
      "pb+tor://" + good.substr(5),
      good.substr(0, good.size() - 1) + "2",
      good + " ",
      swapped(good, "/swissnumsecret", "/"),
      swapped(good, "/swissnumsecret", "/swissnum/secret"),
      swapped(good, ":4402", ""),
      swapped(good, "@", ""),
      swapped(good, "yg@", "yh@"), // stray low bits: a second text for the same pin
      swapped(good, "yg@", "y@"),
      swapped(good, "q-A", "q+A"),
      "",
  };
  for (const auto& text : wrong) {
    const auto got = parse_nurl(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, errc::configuration);
    EXPECT_EQ(got.error().detail.find("secret"), std::string::npos) << got.error().detail;
  }
}

TEST(nurl, is_written_as_it_was_read) {
  for (const auto& text :
       {good, swapped(good, "host.example", "[2001:db8::1]"), swapped(good, "host.example", "192.0.2.8")}) {
    const auto got = parse_nurl(text);
    ASSERT_TRUE(got) << text;
    EXPECT_EQ(std::string_view(to_text(*got)), text);
  }
}

TEST(nurl, of_the_recorded_server_has_its_pin_and_swissnum) {
  const auto recorded = test::read_json("gbs.json");
  const auto got = parse_nurl(recorded["server"]["nurls"][0].get<std::string>());
  ASSERT_TRUE(got);
  EXPECT_EQ(std::string_view(got->swissnum), recorded["server"]["swissnum"].get<std::string>());
  EXPECT_EQ(got->at, (address{"127.0.0.1", 42000}));
}
