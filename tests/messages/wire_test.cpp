#include "messages/message_filler.hpp"
#include "messages/serialised.hpp"

#include <gtest/gtest.h>

#include <limits>

using namespace truckee;
using test::filler;
using test::from_wire;
using test::to_wire;

namespace {

template <class T>
class Wire : public testing::Test {
public:
  test::type_system system;
};

template <class>
struct as_types;
template <class... T>
struct as_types<std::tuple<T...>> {
  using type = testing::Types<T...>;
};

template <class T>
const T& value_in(const caf::message& x) {
  return x.get_as<T>(0);
}

std::string shown(const caf::message& x) {
  return caf::to_string(x);
}

class WireRules : public testing::Test {
public:
  test::type_system system;
};

} // namespace

TYPED_TEST_SUITE(Wire, as_types<test::wire_types>::type);

TYPED_TEST(Wire, EveryMemberArrivesAsItWasSent) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto sent = filler(seed).make<TypeParam>();
    const auto wire = to_wire(*this->system, sent);
    TypeParam got{};
    ASSERT_TRUE(from_wire(*this->system, wire, got)) << "seed " << seed;
    EXPECT_TRUE(test::same(sent, got)) << "seed " << seed;
    // Onto a value that holds something already.
    auto other = filler(seed + 1000).make<TypeParam>();
    ASSERT_TRUE(from_wire(*this->system, wire, other)) << "seed " << seed;
    EXPECT_TRUE(test::same(sent, other)) << "seed " << seed;
  }
}

TYPED_TEST(Wire, AWholeMessageArrives) {
  auto sent = filler(7).make<TypeParam>();
  const auto wire = to_wire(*this->system, caf::make_message(sent));
  caf::message got;
  ASSERT_TRUE(from_wire(*this->system, wire, got));
  auto copy = value_in<TypeParam>(got);
  EXPECT_TRUE(test::same(sent, copy));
}

TYPED_TEST(Wire, NothingSecretIsShown) {
  const std::string secret_hex(6, 'd');
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    auto sent = filler(seed).make<TypeParam>();
    for (const auto& text : {caf::deep_to_string(sent), shown(caf::make_message(sent))}) {
      EXPECT_EQ(text.find(filler::secret_text), std::string::npos) << text;
      EXPECT_EQ(text.find("not-for-anyones-eyes"), std::string::npos) << text;
      EXPECT_EQ(text.find("d7d7d7"), std::string::npos) << text;
      EXPECT_EQ(text.find("D7D7D7"), std::string::npos) << text;
      EXPECT_EQ(text.find("\xd7\xd7\xd7"), std::string::npos) << text;
      EXPECT_EQ(text.find("215, 215, 215"), std::string::npos) << text;
    }
  }
}

// -- rules on single values

TEST_F(WireRules, AnEnumValueThatDoesNotExistIsRefused) {
  messages::lease_answer x;
  auto wire = to_wire(*system, x);
  ASSERT_FALSE(wire.empty());
  messages::lease_answer got;
  for (int status = 0; status < 256; ++status) {
    wire[0] = static_cast<std::uint8_t>(status);
    EXPECT_EQ(from_wire(*system, wire, got), status < grid::storage_status_count) << status;
  }
  auto e = to_wire(*system, error{errc::io, "x"});
  error back;
  for (int code = 0; code < 256; ++code) {
    e[0] = static_cast<std::uint8_t>(code);
    EXPECT_EQ(from_wire(*system, e, back), code <= static_cast<int>(errc::internal)) << code;
  }
}

TEST_F(WireRules, AnUnknownFileFormatIsRefused) {
  messages::publish_request x;
  x.format = static_cast<messages::file_format>(messages::file_format_count);
  messages::publish_request got;
  EXPECT_FALSE(from_wire(*system, to_wire(*system, x), got));
}

TEST_F(WireRules, ASpreadThatCannotBeIsRefused) {
  struct {
    grid::spread value;
    bool good;
  } const cases[] = {{{1, 1, 1}, true},  {{3, 10, 7}, true},  {{255, 255, 255}, true}, {{0, 10, 7}, false},
                     {{4, 3, 1}, false}, {{3, 10, 0}, false}, {{3, 10, 11}, false},    {{0, 0, 0}, false}};
  for (const auto& c : cases) {
    grid::spread got;
    EXPECT_EQ(from_wire(*system, to_wire(*system, c.value), got), c.good)
        << int(c.value.needed) << " of " << int(c.value.total) << " happy " << int(c.value.happy);
    messages::publish_request with;
    with.spread = c.value;
    messages::publish_request back;
    EXPECT_EQ(from_wire(*system, to_wire(*system, with), back), c.good);
  }
}

TEST_F(WireRules, AnEmptyCapabilityIsShownAsNone) {
  messages::publish_request x;
  EXPECT_NE(caf::deep_to_string(x).find("<no capability>"), std::string::npos) << caf::deep_to_string(x);
  x.write_cap = "URI:SSK:a";
  EXPECT_NE(caf::deep_to_string(x).find("<capability>"), std::string::npos) << caf::deep_to_string(x);
}

TEST_F(WireRules, ContentIsShownAsItsSize) {
  messages::publish_request x;
  x.content = shared_bytes::copy_of("confidential");
  const auto text = caf::deep_to_string(x);
  EXPECT_NE(text.find("12 bytes"), std::string::npos) << text;
  EXPECT_EQ(text.find("confidential"), std::string::npos) << text;
}

TEST_F(WireRules, InfinityIsNeitherWrittenNorRead) {
  for (const double value :
       {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    messages::stage_seconds got;
    ASSERT_TRUE(from_wire(*system, to_wire(*system, messages::stage_seconds{stage::push, value}), got));
    EXPECT_EQ(got.seconds, 0.0);
  }
  auto wire = to_wire(*system, messages::stage_seconds{stage::push, 1.0});
  const test::wire_bytes infinity{0x7f, 0xf0, 0, 0, 0, 0, 0, 0};
  std::copy(infinity.begin(), infinity.end(), wire.end() - 8);
  messages::stage_seconds got;
  EXPECT_FALSE(from_wire(*system, wire, got)) << "a peer's infinity";
}

TEST_F(WireRules, APictureThatNamesServersThatAreNotThereOrTooManySharesIsRefused) {
  messages::operation_detail x;
  x.publish.emplace();
  x.publish->servers = {"alpha"};
  x.publish->shares = {{0, share_number{3}, grid::share_state::placed}};
  messages::operation_detail got;
  EXPECT_TRUE(from_wire(*system, to_wire(*system, x), got));
  x.publish->shares[0].server = 1;
  EXPECT_FALSE(from_wire(*system, to_wire(*system, x), got));
  x.publish->shares[0].server = 0;
  x.publish->messages = {{1, 1, server_outcome::written, "", 0, 0}};
  EXPECT_FALSE(from_wire(*system, to_wire(*system, x), got));
  x.publish->messages.clear();
  x.publish->shares.resize(messages::detail_shares_max + 1);
  EXPECT_FALSE(from_wire(*system, to_wire(*system, x), got));
  x.publish->shares.resize(1);
  x.publish->shares[0].state = static_cast<grid::share_state>(grid::share_state_count);
  EXPECT_FALSE(from_wire(*system, to_wire(*system, x), got));
}
