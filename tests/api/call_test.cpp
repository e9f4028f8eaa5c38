#include "truckee/api/call.hpp"

#include "test_support.hpp"
#include "truckee/crypto/base32.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace truckee;
using namespace truckee::api;

namespace {

constexpr const char* cap = "URI:SSK:not-for-anyones-eyes";
const std::string root(64, 'a');
const std::string tag = "\"7:" + root + "\"";

house_rules rules() {
  return {.token = "0123456789abcdefghij", .own_hosts_only = true, .content_bytes_max = 1000};
}

/// A head with token and host, and what else is given.
std::string head_of(const std::string& line, const std::string& fields = "") {
  return line + " HTTP/1.1\r\nHost: localhost:1\r\nAuthorization: Bearer 0123456789abcdefghij\r\n" + fields +
         "\r\n";
}
tl::expected<call, answer> parsed(const std::string& text, const house_rules& by = rules()) {
  const auto head = http::parse_head(text);
  if (!head)
    throw std::runtime_error("no head: " + text);
  return parse_call(*head, by);
}
tl::expected<call, answer> asked(const std::string& method, const std::string& fields = "",
                                 bool with_cap = true) {
  return parsed(head_of(method + " /v1/file",
                        (with_cap ? "Truckee-Capability: " + std::string(cap) + "\r\n" : "") + fields));
}
/// Its status and the kind of error; the capability is never repeated.
std::pair<unsigned, std::string> refusal(const tl::expected<call, answer>& x) {
  if (x)
    return {0, "asked"};
  const auto text = std::string(std::string_view(x.error().words));
  EXPECT_EQ(text.find("not-for-anyones-eyes"), std::string::npos) << text;
  return {x.error().status, nlohmann::json::parse(text)["error"]["kind"]};
}
using no = std::pair<unsigned, std::string>;

} // namespace

TEST(http_call, methods_are_what_is_asked_of_a_gateway) {
  const auto get = asked("GET", "Range: bytes=1-2\r\nIf-Range: " + tag + "\r\n");
  ASSERT_TRUE(get);
  const auto& read = std::get<read_call>(*get);
  EXPECT_EQ(std::string_view(read.what.cap), cap);
  EXPECT_TRUE(read.wants_body);
  EXPECT_EQ(read.range, "bytes=1-2");
  EXPECT_EQ(read.range_of, tag);
  EXPECT_EQ(read.what.offset, 0U) << "all of it, where the tag is another version's";
  EXPECT_EQ(read.what.length, UINT64_MAX);
  for (const auto& [range, offset, length] : {std::tuple{"bytes=7-9", 7U, std::uint64_t{3}},
                                              {"bytes=7-", 7U, UINT64_MAX},
                                              {"bytes=-3", 0U, UINT64_MAX},
                                              {"bytes=1-2,5-6", 0U, UINT64_MAX}}) {
    const auto part = asked("GET", std::string("Range: ") + range + "\r\n");
    ASSERT_TRUE(part);
    EXPECT_EQ(std::get<read_call>(*part).what.offset, offset) << range;
    EXPECT_EQ(std::get<read_call>(*part).what.length, length) << range;
  }

  const auto head = asked("HEAD", "Range: bytes=1-2\r\n");
  ASSERT_TRUE(head);
  EXPECT_FALSE(std::get<read_call>(*head).wants_body);
  EXPECT_EQ(std::get<read_call>(*head).range, "") << "a head has no parts";

  const auto put = asked("PUT", "If-Match: " + tag + "\r\n");
  ASSERT_TRUE(put);
  const auto& write = std::get<write_call>(*put);
  EXPECT_FALSE(write.makes_file);
  EXPECT_EQ(std::string_view(write.what.write_cap), cap);
  ASSERT_TRUE(write.what.only_if);
  EXPECT_EQ(write.what.only_if->version.value, 7U);
  EXPECT_EQ(write.what.only_if->root, root);

  const auto made = asked("PUT", "If-None-Match: *\r\n", false);
  ASSERT_TRUE(made);
  EXPECT_TRUE(std::get<write_call>(*made).makes_file);
  EXPECT_FALSE(std::get<write_call>(*made).what.only_if);

  const auto id = crypto::to_base32(operation_id::from(bytes(16, std::byte{5}))->view());
  const auto patch = asked("PATCH", "Truckee-Operation-Id: " + id + "\r\n");
  ASSERT_TRUE(patch);
  EXPECT_EQ(crypto::to_base32(std::get<append_call>(*patch).what.operation.view()), id);
}

TEST(http_call, a_patch_with_a_content_range_writes_to_that_place) {
  const auto part =
      asked("PATCH", "Content-Length: 3\r\nContent-Range: bytes 5-7/*\r\nIf-Match: " + tag + "\r\n");
  ASSERT_TRUE(part);
  const auto& what = std::get<write_call>(*part).what;
  EXPECT_EQ(what.offset, 5U);
  EXPECT_FALSE(what.cut);
  EXPECT_EQ(what.only_if->version.value, 7U);
  EXPECT_FALSE(std::get<write_call>(*part).makes_file);
  for (const auto* wrong :
       {"bytes 5-8/*", "bytes 5-6/*", "bytes 7-5/*", "bytes 5-7/9", "bytes 5/*", "bytes -3/*", "bytes 5-/*",
        "bytes */*", "5-7/*", "bytes 5-7/* ,", "bytes 0-18446744073709551615/*"})
    EXPECT_EQ(refusal(asked("PATCH", "Content-Length: 3\r\nContent-Range: " + std::string(wrong) + "\r\n")),
              no(400, "usage"))
        << wrong;
  EXPECT_EQ(refusal(asked("PATCH", "Content-Length: 0\r\nContent-Range: bytes 0-18446744073709551615/*\r\n")),
            no(400, "usage"));
  EXPECT_EQ(refusal(asked("PATCH", "Content-Range: bytes 5-7/*\r\n")), no(400, "usage"));
  EXPECT_EQ(
      refusal(asked("PATCH", "Content-Length: 3\r\nContent-Range: bytes 5-7/*\r\nIf-None-Match: *\r\n")),
      no(412, "usage"));
}

TEST(http_call, a_new_file_has_the_format_that_is_asked_for) {
  const auto format = [](const std::string& fields) {
    return std::get<write_call>(asked("PUT", fields, false).value()).what.format;
  };
  EXPECT_EQ(format(""), file_format::sdmf);
  EXPECT_EQ(format("Truckee-Format: sdmf\r\n"), file_format::sdmf);
  EXPECT_EQ(format("Truckee-Format: mdmf\r\n"), file_format::mdmf);
  for (const auto* wrong : {"", "chk", "MDMF", "mdmf, sdmf"})
    EXPECT_EQ(refusal(asked("PUT", "Truckee-Format: " + std::string(wrong) + "\r\n", false)),
              no(400, "usage"))
        << wrong;
  EXPECT_EQ(refusal(asked("PUT", "Truckee-Format: mdmf\r\nTruckee-Format: mdmf\r\n", false)),
            no(400, "usage"));
  EXPECT_EQ(refusal(asked("PUT", "Truckee-Format: mdmf\r\n")), no(400, "usage")) << "a file keeps its own";
}

TEST(http_call, without_the_token_nothing_else_is_looked_at) {
  const std::string line = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto* shown :
       {"", "Authorization: Bearer\r\n", "Authorization: Bearer 0123456789abcdefghi\r\n",
        "Authorization: Basic 0123456789abcdefghij\r\n", "Authorization: 0123456789abcdefghij\r\n",
        "Authorization: Bearer 0123456789abcdefghij\r\nAuthorization: Bearer 0123456789abcdefghij\r\n"})
    EXPECT_EQ(refusal(parsed(line + shown + "\r\n")), no(401, "refused")) << shown;
  house_rules open = rules();
  open.token = {};
  EXPECT_EQ(refusal(parsed(line + "\r\n", open)), no(404, "not_found"));
}

TEST(http_call, a_foreign_host_is_refused_at_a_port_and_taken_at_a_socket) {
  const auto text =
      "GET /v1/file HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer 0123456789abcdefghij\r\n"
      "Truckee-Capability: " +
      std::string(cap) + "\r\n\r\n";
  EXPECT_EQ(refusal(parsed(text)), no(403, "refused"));
  house_rules socket = rules();
  socket.own_hosts_only = false;
  EXPECT_TRUE(parsed(text, socket));
}

TEST(http_call, other_paths_and_methods_and_a_capability_in_the_path_are_refused) {
  EXPECT_EQ(refusal(parsed(head_of("GET /"))), no(404, "not_found"));
  EXPECT_EQ(refusal(parsed(head_of("GET /v1/file/" + std::string(cap)))), no(404, "not_found"));
  EXPECT_EQ(refusal(parsed(head_of("GET /v1/file?cap=" + std::string(cap)))), no(400, "usage"));
  for (const auto* method : {"POST", "DELETE", "OPTIONS", "TRACE"}) {
    const auto refused = asked(method);
    EXPECT_EQ(refusal(refused), no(405, "usage")) << method;
    EXPECT_EQ(refused.error().fields.front().second, "GET, HEAD, PUT, PATCH");
  }
}

TEST(http_call, fields_that_are_wrong_are_named) {
  EXPECT_EQ(refusal(asked("GET", "", false)), no(400, "bad_capability"));
  EXPECT_EQ(refusal(asked("PATCH", "", false)), no(400, "bad_capability"));
  EXPECT_EQ(refusal(asked("PUT", "Truckee-Capability:\r\n", false)), no(400, "bad_capability"))
      << "it makes no new file";
  EXPECT_EQ(refusal(asked("GET", "Truckee-Capability: x\r\n")), no(400, "usage"));
  EXPECT_EQ(refusal(asked("GET", "Truckee-Capability: " + std::string(2000, 'x') + "\r\n", false)),
            no(400, "bad_capability"));
  EXPECT_EQ(refusal(asked("PUT", "Truckee-Operation-Id: x\r\n")), no(400, "usage"));
  EXPECT_EQ(refusal(asked("PUT", "Content-Range: bytes 0-1/2\r\n")), no(400, "usage"));
  EXPECT_EQ(refusal(asked("PATCH", "Content-Range: bytes 0-1/2\r\n")), no(400, "usage"));
  EXPECT_EQ(refusal(asked("PUT", "Content-Encoding: gzip\r\n")), no(415, "usage"));
  EXPECT_TRUE(asked("PUT", "Content-Encoding: identity\r\n"));
}

TEST(http_call, a_condition_that_cannot_be_checked_fails) {
  for (const auto& [method, field] : std::vector<std::pair<std::string, std::string>>{
           {"PUT", "If-Match: *"},
           {"PUT", "If-Match: \"7\""},
           {"PUT", "If-Match: 7:" + root},
           {"PUT", "If-Match: W/" + tag},
           {"PUT", "If-Match: \"07:" + root + "\""},
           {"PUT", "If-Match: \"7:" + root.substr(1) + "\""},
           {"PUT", "If-Match: " + tag + ", " + tag},
           {"PUT", "If-Match: " + tag + "\r\nIf-Match: " + tag},
           {"PUT", "If-Match:"},
           {"PUT", "If-None-Match: *"},
           {"PUT", "If-None-Match: " + tag},
           {"PUT", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"},
           {"PUT", "If-Range: " + tag},
           {"PATCH", "If-Match: " + tag},
           {"PATCH", "If-None-Match: *"},
           {"GET", "If-Match: 7"},
           {"GET", "If-None-Match:"},
           {"GET", "If-None-Match: " + tag + ","},
           {"HEAD", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"}})
    EXPECT_EQ(refusal(asked(method, field + "\r\n")), no(412, "usage")) << method << " " << field;
  for (const auto& field : {"If-Match: " + tag, "If-None-Match: " + tag})
    EXPECT_EQ(refusal(asked("PUT", field + "\r\n", false)), no(412, "usage")) << "of a new file: " << field;
  EXPECT_TRUE(asked("GET", "If-Match: *\r\nIf-None-Match: W/" + tag + " , \"other\"\r\n"));
}

TEST(http_call, bodies_are_bounded_and_reads_have_none) {
  EXPECT_EQ(bytes_of(*asked("GET"), rules()).body_max, 0U);
  EXPECT_GT(bytes_of(*asked("GET"), rules()).answer, 0U);
  EXPECT_EQ(bytes_of(*asked("PUT"), rules()).body_max, 1000U);
  EXPECT_EQ(bytes_of(*asked("PATCH"), rules()).body_max, 1000U);
}

TEST(http_call, no_head_that_http_lets_through_is_more_than_a_call_or_a_refusal) {
  const auto whole =
      head_of("PUT /v1/file", "Truckee-Capability: " + std::string(cap) + "\r\nIf-Match: " + tag +
                                  "\r\nIf-None-Match: *, W/\"x\"\r\nRange: bytes=0-1\r\n"
                                  "Truckee-Operation-Id: aebagbafaydqqcikbmga2dqpca\r\n");
  test::seeded_random random(1);
  for (int i = 0; i < 20'000; ++i) {
    auto text = whole;
    for (auto changes = 1 + random.below(4); changes > 0; --changes)
      text[random.below(text.size() - 4)] = static_cast<char>(random.below(256));
    const auto head = http::parse_head(text);
    if (!head)
      continue;
    const auto asked = parse_call(*head, rules());
    EXPECT_TRUE(asked || (asked.error().status >= 400 && asked.error().status < 500));
  }
}

TEST(http_call, a_write_that_is_refused_says_that_it_is_not_applied_and_a_read_says_nothing_of_it) {
  const auto said = [](const tl::expected<call, answer>& x) {
    EXPECT_FALSE(x);
    return x ? nlohmann::json() : nlohmann::json::parse(std::string_view(x.error().words));
  };
  for (const auto& refused :
       {asked("PUT", "If-Match: *\r\n"), asked("PATCH", "Content-Range: bytes 1-2/3\r\n"),
        asked("PUT", "Content-Encoding: gzip\r\n"),
        parsed("PATCH /v1/file HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        parsed("PUT /v1/file HTTP/1.1\r\nHost: example.net\r\n\r\n")}) {
    EXPECT_EQ(said(refused)["effect"], "not_applied");
    EXPECT_EQ(said(refused)["ok"], false);
  }
  const auto no_token = parsed("PUT /v1/file HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(no_token.error().fields.front().second, "Bearer") << "what else it had stays";
  EXPECT_FALSE(said(parsed("GET /v1/file HTTP/1.1\r\nHost: localhost\r\n\r\n")).contains("effect"));
}
