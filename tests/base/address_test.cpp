#include "truckee/base/address.hpp"

#include <gtest/gtest.h>

using namespace truckee;

TEST(address, reads_ipv4_names_and_bracketed_ipv6) {
  EXPECT_EQ(*parse_address("127.0.0.1:4401"), (address{"127.0.0.1", 4401}));
  EXPECT_EQ(*parse_address("storage-1.example:65535"), (address{"storage-1.example", 65535}));
  EXPECT_EQ(*parse_address("[2001:db8::7]:1"), (address{"2001:db8::7", 1}));
  for (const auto* text : {"127.0.0.1:4401", "host:1", "[::1]:4401"})
    EXPECT_EQ(to_string(*parse_address(text)), text);
}

TEST(address, refuses_what_is_not_an_address_and_says_why) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "empty"},
      {"127.0.0.1", "port is missing"},
      {":4401", "host is missing"},
      {"host:", "port is not a number"},
      {"host:65536", "port is not a number"},
      {"host:-1", "port is not a number"},
      {"host:80x", "port is not a number"},
      {"host:0", "port 0"},
      {"::1:4401", "brackets"},
      {"[::1]", "no port follows"},
      {"[::1:4401", "not closed"},
      {"[host]:1", "not an IPv6"},
      {"127.0.1:80", "neither"},
      {"999.1.1.1:80", "neither"},
      {"a b:80", "neither"},
      {"-x:80", "neither"},
      {"http://127.0.0.1:4401", "it is a URL"},
      {"pb://x@tcp:host:44", "it is a URL"},
      {"tcp:host:44", "\"tcp:\" is Tahoe-LAFS's"},
  };
  for (const auto& [text, why] : wrong) {
    const auto got = parse_address(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, errc::usage);
    EXPECT_NE(got.error().detail.find(why), std::string::npos) << text << " gave " << got.error().detail;
  }
  EXPECT_FALSE(parse_address(std::string(300, 'a') + ":80"));
  EXPECT_EQ(parse_address("127.0.0.1:0", true)->port, 0);
}

TEST(address, a_zero_byte_ends_no_host) {
  using namespace std::string_literals;
  for (const auto& text :
       {"127.0.0.1\0x:4401"s, "[::1\0x]:4401"s, "[::1%\t]:1"s, "host\x7f:1"s, "h\xc3\xb6st:1"s})
    EXPECT_FALSE(parse_address(text)) << text;
  EXPECT_FALSE((address{"127.0.0.1\0x"s, 1}.is_loopback()));
  EXPECT_FALSE((address{"127.0.0.1\0x"s, 1}.is_numeric()));
  EXPECT_FALSE((address{"::1\0x"s, 1}.is_loopback()));
}

TEST(address, loopback_is_decided_without_a_lookup) {
  for (const auto* yes : {"127.0.0.1:1", "127.255.3.4:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "localhost:1"})
    EXPECT_TRUE(parse_address(yes)->is_loopback()) << yes;
  for (const auto* no : {"0.0.0.0:1", "128.0.0.1:1", "[::]:1", "[::ffff:10.0.0.1]:1", "localhost.example:1"})
    EXPECT_FALSE(parse_address(no)->is_loopback()) << no;
}
