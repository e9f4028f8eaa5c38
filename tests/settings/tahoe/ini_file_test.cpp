#include "truckee/settings/tahoe/ini_file.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::settings;

namespace {

ini_file parsed(std::string_view text) {
  auto out = ini_file::parse(text, "/n/tahoe.cfg");
  EXPECT_TRUE(out) << to_string(out.error());
  return out.value_or(ini_file());
}

std::string refusal(std::string_view text) {
  const auto got = ini_file::parse(text, "/n/tahoe.cfg");
  EXPECT_FALSE(got) << text;
  return got ? "" : got.error().detail;
}

} // namespace

TEST(ini_file, is_read_as_tahoe_writes_it) {
  const auto x =
      parsed("# made by hand\r\n\n[node]\nnickname = snow = white\ntub.location: tcp:h:1,\n  tcp:h:2\n"
             "; a comment\n[client]\nShares.Needed=3\nempty =\n[storage]\nenabled = Yes\n");
  EXPECT_EQ(x.text("node", "nickname"), "snow = white");
  EXPECT_EQ(x.text("node", "tub.location"), "tcp:h:1,\ntcp:h:2");
  EXPECT_EQ(x.number("client", "shares.needed", 7, 1, 255).value(), 3U);
  EXPECT_EQ(x.number("client", "shares.total", 7, 1, 255).value(), 7U);
  EXPECT_EQ(x.find("client", "empty"), nullptr);
  EXPECT_EQ(x.find("node", "enabled"), nullptr) << "that is another section's";
  EXPECT_TRUE(x.flag("storage", "enabled", false).value());
  EXPECT_FALSE(x.flag("storage", "force_foolscap", false).value());
}

TEST(ini_file, says_in_which_line_it_is_none) {
  EXPECT_EQ(refusal("key = 1\n"), "/n/tahoe.cfg:1: key: stands before the first [section]");
  EXPECT_EQ(refusal("[a]\n\nword\n"),
            "/n/tahoe.cfg:3: expected [section], key = value, or a comment that begins with #");
  EXPECT_EQ(refusal("[a\n"), "/n/tahoe.cfg:1: expected [section], found \"[a\"");
  EXPECT_EQ(refusal("[a]\n= 1\n"),
            "/n/tahoe.cfg:2: expected [section], key = value, or a comment that begins with #");
  EXPECT_EQ(refusal("[a]\nk = 1\nK: 2\n"),
            "/n/tahoe.cfg:3: [a] K: stands in line 2 already; take one of them away");
}

TEST(ini_file, says_which_value_is_wrong_and_what_is_expected) {
  const auto x =
      parsed("[client]\nshares.needed = three\nshares.total = 256\nflag = perhaps\nlong = 3 of 10\n");
  EXPECT_EQ(x.number("client", "shares.needed", 3, 1, 255).error().detail,
            "/n/tahoe.cfg:2: [client] shares.needed: expected a whole number from 1 to 255, found \"three\"");
  EXPECT_FALSE(x.number("client", "shares.total", 3, 1, 255));
  EXPECT_FALSE(x.number("client", "long", 3, 1, 255));
  EXPECT_EQ(x.flag("client", "flag", true).error().detail,
            "/n/tahoe.cfg:4: [client] flag: expected true or false, found \"perhaps\"");
}
