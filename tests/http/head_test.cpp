#include "truckee/http/head.hpp"

#include <gtest/gtest.h>

using namespace truckee::http;

namespace {

head_reader read(std::string_view text) {
  head_reader out;
  out.take(text);
  return out;
}

std::string fields(std::size_t count) {
  std::string out = "GET / HTTP/1.1\r\n";
  for (std::size_t i = 0; i < count; ++i)
    out += "X" + std::to_string(i) + ": y\r\n";
  return out + "\r\n";
}

} // namespace

TEST(head, ends_with_its_empty_line_however_it_comes) {
  const std::string whole = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  head_reader by_bytes;
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_EQ(by_bytes.take(whole.substr(i, 1)),
              i + 1 < whole.size() ? head_state::unfinished : head_state::whole);
  EXPECT_EQ(by_bytes.text(), whole);
  const auto at_once = read(whole + "GET /more HTTP/1.1\r\n\r\n");
  EXPECT_EQ(at_once.state(), head_state::whole);
  EXPECT_EQ(at_once.text(), whole) << "one request a connection";
}

TEST(head, has_at_most_64_fields) {
  EXPECT_EQ(read(fields(head_fields_max)).state(), head_state::whole);
  EXPECT_EQ(read(fields(head_fields_max + 1)).state(), head_state::too_large);
}

TEST(head, has_at_most_16_kib_and_never_holds_more) {
  const std::string frame = "GET / HTTP/1.1\r\nX: \r\n\r\n";
  const auto of_size = [&](std::size_t size) {
    return "GET / HTTP/1.1\r\nX: " + std::string(size - frame.size(), 'y') + "\r\n\r\n";
  };
  EXPECT_EQ(read(of_size(head_bytes_max)).state(), head_state::whole);
  EXPECT_EQ(read(of_size(head_bytes_max + 1)).state(), head_state::too_large);
  head_reader endless;
  for (int i = 0; i < 100; ++i)
    endless.take(std::string(4096, 'a'));
  EXPECT_EQ(endless.state(), head_state::too_large);
  EXPECT_LE(endless.text().capacity(), 2 * head_bytes_max);
}

TEST(head, a_field_is_found_in_any_case_if_there_is_one) {
  const std::string text = "GET / HTTP/1.1\r\nhOST:\t localhost \r\nA: 1\r\na: 2\r\n\r\n";
  EXPECT_EQ(only_field(text, "Host"), "localhost");
  EXPECT_EQ(only_field(text, "A"), std::nullopt) << "there are two";
  EXPECT_EQ(only_field(text, "B"), std::nullopt);
  EXPECT_EQ(only_field("Host: x", "Host"), std::nullopt) << "that is a request line";
}

TEST(head, fields_of_a_name_are_left_out) {
  EXPECT_EQ(without_field("GET / HTTP/1.1\r\nRange: bytes=0-\r\nA: 1\r\nrange : x\r\n\r\n", "Range"),
            "GET / HTTP/1.1\r\nA: 1\r\n\r\n");
}

TEST(head, own_hosts_are_loopback_names_and_nothing_like_them) {
  for (const auto* own :
       {"localhost", "LOCALHOST", "LocalHost:80", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:80"})
    EXPECT_TRUE(is_own_host(own)) << own;
  for (const auto* other :
       {"", ":", ":80", "evil.example", "evil.example:80", "localhost:80@evil.example",
        "localhost@evil.example", "[::1", "[::1]x", "::1", "[localhost]", "%6cocalhost",
        "localhost:", "localhost:99999", "localhost.evil", "127.0.0.1.evil.example", "0.0.0.0", "[::]"})
    EXPECT_FALSE(is_own_host(other)) << other;
  EXPECT_FALSE(is_own_host(std::string_view("localhost\0.evil", 15)));
  EXPECT_FALSE(is_own_host(std::string_view("[::1\0x]", 8)));
}
