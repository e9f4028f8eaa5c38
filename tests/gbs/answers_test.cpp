#include "truckee/gbs/answers.hpp"
#include "truckee/gbs/cbor.hpp"
#include "truckee/gbs/serving.hpp"

#include "test_support.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::gbs;

namespace {

response of_cbor(const std::string& hexadecimal) {
  return {200, "application/cbor", {}, shared_bytes(test::hex(hexadecimal))};
}

response part(const std::string& range, const std::string& data) {
  return {206, "application/octet-stream", range, shared_bytes::copy_of(data)};
}

refusal_kind kind_of(const response& x) {
  const auto got = read_read_test_write(x, {});
  return got ? refusal_kind::malformed : got.error().kind;
}

} // namespace

TEST(gbs_answers, every_status_has_a_kind) {
  const auto words = shared_bytes::copy_of("Wrong Authorization header");
  EXPECT_EQ(kind_of({401, {}, {}, {}}), refusal_kind::bad_write_enabler);
  EXPECT_EQ(kind_of({401, {}, {}, words}), refusal_kind::unauthorized);
  EXPECT_EQ(kind_of({404, {}, {}, {}}), refusal_kind::not_found);
  for (const unsigned status : {400U, 403U, 405U, 406U, 409U, 413U, 415U, 416U, 429U, 499U})
    EXPECT_EQ(kind_of({status, {}, {}, words}), refusal_kind::not_taken) << status;
  for (const unsigned status : {500U, 502U, 503U, 504U, 599U})
    EXPECT_EQ(kind_of({status, {}, {}, words}), refusal_kind::trouble) << status;
  EXPECT_EQ(kind_of({507, {}, {}, {}}), refusal_kind::no_space);
  for (const unsigned status : {0U, 100U, 201U, 204U, 206U, 301U, 302U, 304U, 600U})
    EXPECT_EQ(kind_of({status, {}, {}, {}}), refusal_kind::malformed) << status;
}

TEST(gbs_answers, a_401_without_words_is_about_the_write_enabler_only_where_one_was_sent) {
  const auto listed = read_shares({401, {}, {}, {}});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, refusal_kind::unauthorized);
}

TEST(gbs_answers, a_servers_words_are_one_short_line) {
  const auto got =
      read_shares({500, "text/plain", {}, shared_bytes::copy_of("disk\x1b[2J\n" + std::string(10'000, 'x'))});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().detail.find('\x1b'), std::string::npos);
  EXPECT_EQ(got.error().detail.find('\n'), std::string::npos);
  EXPECT_LT(got.error().detail.size(), 400U);
  EXPECT_EQ(got.error().status, 500U);
}

TEST(gbs_answers, what_is_no_answer_to_a_change_names_its_field) {
  const std::vector<grid::read_vector> reads{{0, 4}};
  const auto problem = [&](const std::string& body) {
    const auto got = read_read_test_write(of_cbor(body), reads);
    return got ? std::string("none") : got.error().detail;
  };
  const std::string yes = "a2677375636365737300"; // {"success": 0
  const auto ok = "a2"
                  "6773756363657373f5"
                  "6464617461";
  EXPECT_EQ(problem(ok + std::string("a10081") + "44aabbccdd"), "none");
  EXPECT_NE(problem(ok + std::string("a10081") + "45aabbccddee").find("\"data\" is too long"),
            std::string::npos);
  EXPECT_NE(problem(ok + std::string("a10080")).find("0 reads of share 0 where 1"), std::string::npos);
  EXPECT_NE(problem(ok + std::string("a2008144aabbccdd008144aabbccdd")).find("share 0 twice"),
            std::string::npos);
  EXPECT_NE(problem(ok + std::string("a0") + "00").find("bytes after its end"), std::string::npos);
  EXPECT_NE(problem(ok + std::string("a1")).find("cut off"), std::string::npos);
  EXPECT_NE(problem(yes).find("\"success\" is neither true nor false"), std::string::npos);
  EXPECT_NE(problem("a0").find("lacks a key"), std::string::npos);
  EXPECT_NE(problem("").find("cut off"), std::string::npos);
  EXPECT_NE(problem("80").find("is no map"), std::string::npos);
  auto html = of_cbor(ok + std::string("a0"));
  html.content_type = "text/html";
  EXPECT_NE(read_read_test_write(html, {}).error().detail.find("content type"), std::string::npos);
  html.content_type = "Application/CBOR; charset=binary";
  EXPECT_TRUE(read_read_test_write(html, {}));
}

TEST(gbs_answers, shares_that_no_mutable_file_has_are_left_out) {
  const auto got = read_shares(of_cbor("d9010283"
                                       "00"
                                       "19012c"
                                       "18fe"));
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, (std::set<share_number>{{0}, {254}}));
  EXPECT_FALSE(read_shares(of_cbor("80"))) << "not a set";
  std::string many = "d90102"
                     "990101";
  for (int i = 0; i < 257; ++i)
    many += "00";
  EXPECT_FALSE(read_shares(of_cbor(many))) << "more than a slot may have";
}

TEST(gbs_answers, a_range_is_what_was_asked_for_or_malformed) {
  const grid::read_vector range{6, 4};
  EXPECT_EQ(as_text(read_range(part("bytes 6-9/*", "ZERO"), range)->view()), "ZERO");
  EXPECT_EQ(as_text(read_range(part("bytes 6-7/8", "ZE"), range)->view()), "ZE") << "the share ends there";
  EXPECT_TRUE(read_range({204, {}, {}, {}}, range)->empty());
  for (const auto& [bad_range, data] :
       std::vector<std::pair<std::string, std::string>>{{"bytes 5-8/*", "ZERO"},
                                                        {"bytes 6-10/*", "ZEROx"},
                                                        {"bytes 6-9/*", "ZER"},
                                                        {"bytes 6-9/*", "ZEROO"},
                                                        {"", "ZERO"},
                                                        {"bytes 6-9", "ZERO"},
                                                        {"bytes 9-6/*", "ZERO"},
                                                        {"bytes */4", ""},
                                                        {"bytes 6-9/*x", "ZERO"},
                                                        {"bytes 6-99999999999999999999/*", "ZERO"},
                                                        {"items 6-9/*", "ZERO"},
                                                        {"bytes -6-9/*", "ZERO"}}) {
    const auto got = read_range(part(bad_range, data), range);
    ASSERT_FALSE(got) << bad_range;
    EXPECT_EQ(got.error().kind, refusal_kind::malformed) << bad_range;
  }
  EXPECT_EQ(read_range({200, "application/octet-stream", {}, shared_bytes::copy_of("all of it")}, range)
                .error()
                .kind,
            refusal_kind::malformed);
  EXPECT_EQ(read_range({416, {}, {}, {}}, range).error().kind, refusal_kind::not_taken);
}

TEST(gbs_answers, a_version_may_have_what_we_do_not_know_but_must_have_the_protocol) {
  const auto known = "5"
                     "82f" +
                     to_hex(as_bytes("http://allmydata.org/tahoe/protocols/storage/v1"));
  const auto wanted = read_version(of_cbor("a2"
                                           "4178"
                                           "8201f6" +
                                           known +
                                           "a1"
                                           "417a"
                                           "a10102"));
  ASSERT_TRUE(wanted) << wanted.error().detail;
  EXPECT_EQ(wanted->bytes_available, 0U);
  EXPECT_FALSE(read_version(of_cbor("a1417801")));
  EXPECT_FALSE(read_version(of_cbor("a1" + known + "01")));
}

TEST(gbs_answers, a_failed_test_that_should_have_passed_is_noticed) {
  grid::read_test_write change;
  change.reads = {{0, 8}};
  change.changes = {{share_number{1}, {{0, 8, shared_bytes::copy_of("version2")}}, {}, {}},
                    {share_number{2}, {{0, 1, {}}}, {}, {}}};
  grid::share_reads shown{{share_number{1}, {shared_bytes::copy_of("version2")}}};
  EXPECT_TRUE(tests_hold(change, shown)) << "nothing stood against it";
  shown[share_number{1}] = {shared_bytes::copy_of("version3")};
  EXPECT_FALSE(tests_hold(change, shown)) << "another version";
  shown[share_number{1}] = {shared_bytes::copy_of("versio")};
  EXPECT_FALSE(tests_hold(change, shown)) << "cut off";
  shown[share_number{1}] = {shared_bytes::copy_of("version2")};
  shown[share_number{2}] = {shared_bytes::copy_of("version2")};
  EXPECT_FALSE(tests_hold(change, shown)) << "share 2 is there";
  shown[share_number{2}] = {shared_bytes{}};
  EXPECT_TRUE(tests_hold(change, shown)) << "share 2 is there and has no bytes";
  change.changes[0].tests[0] = {4, 4, shared_bytes::copy_of("ion2")};
  EXPECT_FALSE(tests_hold(change, shown)) << "nothing was shown of that place";
}

RC_GTEST_PROP(gbs_answers, any_body_is_a_value_or_a_refusal,
              (std::uint16_t status, const std::vector<std::uint8_t>& any)) {
  bytes raw(any.size());
  for (std::size_t i = 0; i < any.size(); ++i)
    raw[i] = std::byte{any[i]};
  const response x{status % 2 == 0 ? 200U : status, "application/cbor", "bytes 0-3/*",
                   shared_bytes(std::move(raw))};
  read_version(x);
  read_shares(x);
  read_read_test_write(x, {{0, 4}});
  read_range(x, {0, 4});
}
