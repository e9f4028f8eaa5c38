#include "truckee/api/reply.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace truckee;
using namespace truckee::api;
using namespace truckee::messages;

namespace {

const std::string root(64, 'b');
const std::string tag = "\"3:" + root + "\"";

retrieve_reply content(const std::string& text) {
  retrieve_reply out;
  out.ok = true;
  out.content = shared_bytes::copy_of(text);
  out.file_bytes = text.size();
  out.version.value = 3;
  out.root = root;
  return out;
}
std::string field(const answer& x, std::string_view name) {
  for (const auto& [each, value] : x.fields)
    if (each == name)
      return value;
  return "";
}
std::string body(const answer& x) {
  return std::string(as_text(x.content.view()));
}
nlohmann::json words(const answer& x) {
  return nlohmann::json::parse(std::string_view(x.words));
}
read_call ranged(const std::string& range) {
  read_call out;
  out.range = range;
  return out;
}

publish_reply failed_write(errc code, effect became) {
  publish_reply out;
  out.failure = {code, "why"};
  out.became = became;
  return out;
}
write_call conditional() {
  write_call out;
  out.what.only_if = version_name{{3}, root};
  return out;
}

} // namespace

TEST(http_reply, a_read_has_its_content_and_its_tag) {
  const auto x = answer_of(read_call{}, content("Snow"));
  EXPECT_EQ(x.status, 200U);
  EXPECT_EQ(body(x), "Snow");
  EXPECT_EQ(field(x, "ETag"), tag);
  const auto head = head_of(x, false);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(head.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_NE(head.find("Cache-Control: no-store\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_EQ(head.find("Connection"), std::string::npos);

  read_call only_head;
  only_head.wants_body = false;
  const auto without = answer_of(only_head, content("Snow"));
  EXPECT_TRUE(without.without_body);
  EXPECT_NE(head_of(without, true).find("Content-Length: 4\r\n"), std::string::npos);
}

TEST(http_reply, one_range_is_cut_out_and_what_is_none_is_left_aside) {
  const auto part = [](const std::string& range) { return answer_of(ranged(range), content("0123456789")); };
  for (const auto& [range, bytes, where] :
       std::vector<std::array<std::string, 3>>{{"bytes=0-0", "0", "0-0"},
                                               {"bytes=2-4", "234", "2-4"},
                                               {"bytes=7-", "789", "7-9"},
                                               {"bytes=8-99", "89", "8-9"},
                                               {"bytes=-3", "789", "7-9"},
                                               {"bytes=-99", "0123456789", "0-9"}}) {
    const auto x = part(range);
    EXPECT_EQ(x.status, 206U) << range;
    EXPECT_EQ(body(x), bytes) << range;
    EXPECT_EQ(field(x, "Content-Range"), "bytes " + where + "/10");
  }
  for (const auto* range : {"bytes=10-", "bytes=99-100", "bytes=-0"}) {
    const auto x = part(range);
    EXPECT_EQ(x.status, 416U) << range;
    EXPECT_EQ(field(x, "Content-Range"), "bytes */10");
  }
  for (const auto* range : {"bytes=4-2", "bytes=a-b", "bytes=0-1,3-4", "bytes=", "bytes=-", "lines=1-2",
                            "bytes 1-2", "bytes=1-18446744073709551616"})
    EXPECT_EQ(part(range).status, 200U) << range;
  EXPECT_EQ(answer_of(ranged("bytes=0-"), content("")).status, 416U);
}

TEST(http_reply, a_part_that_was_read_alone_is_given_as_such) {
  auto asked = ranged("bytes=4-6");
  asked.what.offset = 4;
  asked.what.length = 3;
  auto got = content("456");
  got.file_bytes = 10;
  const auto x = answer_of(asked, got);
  EXPECT_EQ(x.status, 206U);
  EXPECT_EQ(body(x), "456");
  EXPECT_EQ(field(x, "Content-Range"), "bytes 4-6/10");
  asked = ranged("bytes=10-");
  asked.what.offset = 10;
  got = content("");
  got.file_bytes = 10;
  EXPECT_EQ(answer_of(asked, got).status, 416U);
}

TEST(http_reply, conditions_of_a_read_are_held_against_what_was_read) {
  read_call x;
  x.only_if = tags{false, {"\"2:x\"", tag}};
  EXPECT_EQ(answer_of(x, content("a")).status, 200U);
  x.only_if = tags{false, {"W/" + tag}};
  EXPECT_EQ(answer_of(x, content("a")).status, 412U) << "a weak tag is no tag here";
  x.only_if = tags{true, {}};
  EXPECT_EQ(answer_of(x, content("a")).status, 200U);
  x = {};
  x.unless = tags{false, {"W/" + tag}};
  const auto same = answer_of(x, content("a"));
  EXPECT_EQ(same.status, 304U);
  EXPECT_TRUE(same.without_body);
  EXPECT_EQ(field(same, "ETag"), tag);
  EXPECT_EQ(head_of(same, false).find("Content-Length"), std::string::npos);
  x.unless = tags{false, {"\"2:x\""}};
  EXPECT_EQ(answer_of(x, content("a")).status, 200U);
  x = ranged("bytes=0-0");
  x.range_of = "\"2:x\"";
  EXPECT_EQ(answer_of(x, content("ab")).status, 200U);
  x.range_of = tag;
  EXPECT_EQ(answer_of(x, content("ab")).status, 206U);
}

TEST(http_reply, a_read_that_failed_says_so_in_the_words_of_the_project) {
  retrieve_reply x;
  x.failure = {errc::not_enough_shares, "no version can be read"};
  const auto out = answer_of(read_call{}, x);
  EXPECT_EQ(out.status, 503U);
  EXPECT_EQ(words(out)["error"]["kind"], "not_enough_shares");
  EXPECT_EQ(words(out)["ok"], false);
  x.failure = {errc::refused, "no room"};
  x.busy = backlog{3, 100, 1500};
  const auto busy = answer_of(read_call{}, x);
  EXPECT_EQ(busy.status, 503U);
  EXPECT_EQ(field(busy, "Retry-After"), "2");
  EXPECT_EQ(words(busy)["busy"]["operations"], 3);
}

TEST(http_reply, a_write_that_went_well_has_its_tag_and_a_new_file_its_capability) {
  publish_reply x;
  x.ok = true;
  x.became = effect::applied;
  x.version.value = 3;
  x.root = root;
  x.write_cap = "URI:SSK:secret";
  const auto update = answer_of(write_call{}, x);
  EXPECT_EQ(update.status, 200U);
  EXPECT_EQ(field(update, "ETag"), tag);
  EXPECT_EQ(words(update)["effect"], "applied");
  EXPECT_FALSE(words(update).contains("write_cap")) << "who wrote has it";
  EXPECT_EQ(answer_of(append_call{}, x).status, 200U);
  write_call made;
  made.makes_file = true;
  const auto created = answer_of(made, x);
  EXPECT_EQ(created.status, 201U);
  EXPECT_EQ(words(created)["write_cap"], "URI:SSK:secret");
}

TEST(http_reply, a_new_file_that_may_be_there_keeps_its_capability) {
  write_call made;
  made.makes_file = true;
  auto x = failed_write(errc::not_enough_servers, effect::may_be_applied);
  x.write_cap = "URI:SSK:secret";
  EXPECT_FALSE(words(answer_of(made, x)).contains("write_cap")) << "nothing was placed";
  x.unknown_servers = {"alpha"};
  EXPECT_EQ(words(answer_of(made, x))["write_cap"], "URI:SSK:secret");
}

TEST(http_reply, what_became_of_a_write_decides_its_status) {
  using enum effect;
  const auto status = [](const write_call& call, errc code, effect became) {
    return answer_of(call, failed_write(code, became)).status;
  };
  EXPECT_EQ(status(conditional(), errc::uncoordinated_write, not_applied), 412U);
  EXPECT_EQ(status(conditional(), errc::uncoordinated_write, may_be_applied), 409U);
  EXPECT_EQ(status({}, errc::uncoordinated_write, not_applied), 409U);
  EXPECT_EQ(answer_of(append_call{}, failed_write(errc::uncoordinated_write, not_applied)).status, 409U);
  for (const auto code :
       {errc::timeout, errc::unreachable, errc::not_enough_servers, errc::cancelled, errc::internal})
    EXPECT_EQ(status({}, code, may_be_applied), 504U) << to_word(code);
  EXPECT_EQ(status({}, errc::timeout, not_applied), 503U);
  EXPECT_EQ(status({}, errc::not_enough_servers, not_applied), 503U);
  EXPECT_EQ(status({}, errc::bad_capability, not_applied), 400U);
  EXPECT_EQ(status({}, errc::insufficient_capability, not_applied), 403U);
  EXPECT_EQ(status({}, errc::read_only, not_applied), 403U);
  EXPECT_EQ(status({}, errc::too_large, not_applied), 413U);
  EXPECT_EQ(status({}, errc::no_space, not_applied), 507U);
  EXPECT_EQ(status({}, errc::internal, not_applied), 500U);
}
