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

TEST(head, is_taken_apart_to_the_letter) {
  const auto head = parse_head("POST /a?b HTTP/1.1\r\nHost: h:1\r\nX-Two:  one \r\nx-two:two\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/a?b");
  EXPECT_TRUE(head->keeps_alive);
  EXPECT_EQ(head->count("X-TWO"), 2U);
  EXPECT_EQ(head->first("x-two"), "one");
  EXPECT_EQ(head->first("absent"), "");
  EXPECT_EQ(head->all("x-two").size(), head->count("x-two"));
  EXPECT_EQ(head->all("x-two").front(), "one");
  EXPECT_TRUE(head->all("absent").empty());
  for (const std::string wrong :
       {"", "\r\n", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\n\r\n", "GET / HTTP/1.1\r\nX: y\n\r\n",
        "GET / HTTP/1.2\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "GET HTTP/1.1\r\n\r\n", "GET x HTTP/1.1\r\n\r\n", "GET /\x7f HTTP/1.1\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nX : y\r\n\r\n", "GET / HTTP/1.1\r\n X: y\r\n\r\n",
        "GET / HTTP/1.1\r\nX\r\n\r\n", "GET / HTTP/1.1\r\n: y\r\n\r\n", "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\nGET"})
    EXPECT_FALSE(parse_head(wrong)) << wrong;
}

TEST(head, who_wants_no_other_request_says_so) {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    return parse_head("GET / HTTP/" + version + "\r\n" + fields + "\r\n")->keeps_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_TRUE(keeps("1.1", "Connection: TE\r\n"));
  EXPECT_FALSE(keeps("1.1", "connection: TE, Close\r\n"));
  EXPECT_FALSE(keeps("1.0", "Connection: keep-alive\r\n"));
}

TEST(head, how_long_a_body_is_has_one_answer_or_none) {
  const auto length = [](const std::string& fields) {
    const auto text = "POST / HTTP/1.1\r\n" + fields + "\r\n";
    const auto got = body_length_of(*parse_head(text));
    return std::pair(got.bytes, got.refused);
  };
  EXPECT_EQ(length(""), std::pair(std::uint64_t{0}, 0U));
  EXPECT_EQ(length("content-length: 12\r\n"), std::pair(std::uint64_t{12}, 0U));
  EXPECT_EQ(length("Transfer-Encoding: chunked\r\n").second, 411U);
  EXPECT_EQ(length("Transfer-Encoding: identity\r\nContent-Length: 1\r\n").second, 411U);
  for (const std::string wrong : {"", "-1", "+1", "1,1", "0x1", "1 1", "18446744073709551616"})
    EXPECT_EQ(length("Content-Length: " + wrong + "\r\n").second, 400U) << wrong;
  EXPECT_EQ(length("Content-Length: 1\r\nContent-Length: 1\r\n").second, 400U);
}

TEST(head, what_follows_a_head_is_left_over) {
  head_reader reader;
  EXPECT_EQ(reader.take("GET / HTTP/1.1\r\n\r"), head_state::unfinished);
  EXPECT_EQ(reader.left_over(), 0U);
  EXPECT_EQ(reader.take("\nbody"), head_state::whole);
  EXPECT_EQ(reader.left_over(), 4U);
}
