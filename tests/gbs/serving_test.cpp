#include "truckee/gbs/base64.hpp"
#include "truckee/gbs/cbor.hpp"
#include "truckee/gbs/requests.hpp"
#include "truckee/gbs/serving.hpp"

#include "test_support.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::gbs;

namespace {

const secret_text swissnum = "swissnum";

/// What a client sends, as its server gets it.
received as_received(const request& sent) {
  received out{std::string(to_word(sent.how)), sent.target, {}, joined(sent.body)};
  for (const auto& x : sent.headers)
    out.headers.emplace_back(std::string(x.name), x.value);
  return out;
}

unsigned status_of(const received& x) {
  const auto got = parse_request(x, swissnum);
  return got ? 200 : got.error().status;
}

storage_index some_slot() {
  storage_index out;
  out.data.fill(std::byte{0x5a});
  return out;
}

} // namespace

TEST(gbs_serving, what_a_client_asks_is_what_a_server_hears) {
  const auto read =
      parse_request(as_received(*ask_range(swissnum, some_slot(), share_number{7}, {10, 20})), swissnum);
  ASSERT_TRUE(read);
  const auto& share = std::get<share_asked>(*read);
  EXPECT_EQ(share.slot, some_slot());
  EXPECT_EQ(share.share.value, 7);
  EXPECT_EQ(share.range, (grid::read_vector{10, 20}));
  EXPECT_TRUE(
      std::holds_alternative<version_asked>(*parse_request(as_received(ask_version(swissnum)), swissnum)));
  EXPECT_EQ(
      std::get<shares_asked>(*parse_request(as_received(ask_shares(swissnum, some_slot())), swissnum)).slot,
      some_slot());
  server_secret renew;
  renew.data.fill(std::byte{1});
  const auto lease = parse_request(as_received(ask_lease(swissnum, some_slot(), renew, {})), swissnum);
  ASSERT_TRUE(lease);
  EXPECT_TRUE(std::get<lease_asked>(*lease).renew == renew);
  const auto advice = parse_request(
      as_received(*ask_corruption_advice(swissnum, some_slot(), share_number{3}, "torn")), swissnum);
  ASSERT_TRUE(advice);
  EXPECT_EQ(std::get<advice_given>(*advice).reason, "torn");
}

TEST(gbs_serving, nothing_is_looked_at_without_the_swissnum) {
  auto x = as_received(ask_version(swissnum));
  EXPECT_EQ(status_of(x), 200U);
  EXPECT_FALSE(parse_request(x, "swissnun"));
  EXPECT_EQ(parse_request(x, "swissnun").error().status, 401U);
  x.target = "/nonsense";
  EXPECT_EQ(parse_request(x, "swissnun").error().status, 401U);
  x.headers.clear();
  EXPECT_EQ(status_of(x), 401U);
}

TEST(gbs_serving, strange_paths_and_methods_are_refused) {
  auto x = as_received(ask_shares(swissnum, some_slot()));
  const auto good = x.target;
  for (const auto& target : std::vector<std::string>{
           "/", "", good + "/", good + "/1", "/storage/v1/mutable/../version",
           good.substr(0, good.size() - 7) + "/256", good.substr(0, good.size() - 7) + "/-1",
           good.substr(0, good.size() - 7) + "/1/other", "/storage/v2/version",
           "/storage/v1/immutable/" + good.substr(20)}) {
    x.target = target;
    EXPECT_EQ(status_of(x), 404U) << target;
  }
  x.target = good;
  x.method = "DELETE";
  EXPECT_EQ(status_of(x), 405U);
}

TEST(gbs_serving, a_range_it_does_not_take_is_refused_with_the_type_that_clients_look_at_first) {
  auto x = as_received(*ask_range(swissnum, some_slot(), share_number{7}, {10, 20}));
  const auto at = std::ranges::find(x.headers, headers::range, &std::pair<std::string, secret_text>::first);
  ASSERT_NE(at, x.headers.end());
  for (const auto* range :
       {"molluscs=0-9", "bytes=-9", "bytes=9-", "bytes=9-1", "bytes=0-9, 20-29", "bytes=", ""}) {
    at->second = range;
    const auto got = parse_request(x, swissnum);
    ASSERT_FALSE(got) << range;
    EXPECT_EQ(got.error().status, 416U) << range;
    EXPECT_EQ(got.error().content_type, "application/octet-stream") << range;
  }
}

RC_GTEST_PROP(gbs_serving, any_body_is_a_change_or_refused, (const std::vector<std::uint8_t>& any)) {
  bytes raw(any.size());
  for (std::size_t i = 0; i < any.size(); ++i)
    raw[i] = std::byte{any[i]};
  const auto got = parse_read_test_write(shared_bytes(std::move(raw)));
  if (!got)
    RC_ASSERT(!got.error().detail.empty());
}

RC_GTEST_PROP(gbs_serving, base64_of_any_bytes_is_read_back_and_has_one_text,
              (const std::vector<std::uint8_t>& any)) {
  bytes raw(any.size());
  for (std::size_t i = 0; i < any.size(); ++i)
    raw[i] = std::byte{any[i]};
  const auto text = to_base64(raw);
  RC_ASSERT(from_base64(text) == raw);
  RC_ASSERT(!from_base64(std::string(text) + "="));
  RC_ASSERT(!from_base64(std::string(text) + "\n"));
}
