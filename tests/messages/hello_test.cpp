#include "messages/serialised.hpp"
#include "truckee/messages/hello.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::messages;

TEST(Hello, a_caller_of_the_same_protocol_is_understood_whatever_its_software) {
  EXPECT_EQ(mismatch({7, "truckee/0.0.1"}, 7, "gateway"), std::nullopt);
}

TEST(Hello, another_protocol_is_refused_with_both_versions_and_who_must_be_updated) {
  const auto older = mismatch({6, "truckee/0.0.1"}, 7, "gateway").value();
  EXPECT_NE(older.find("protocol 7 (" + software_name() + ")"), std::string::npos) << older;
  EXPECT_NE(older.find("protocol 6 (truckee/0.0.1)"), std::string::npos) << older;
  EXPECT_NE(older.find("update the caller"), std::string::npos) << older;
  const auto newer = mismatch({8, ""}, 7, "store").value();
  EXPECT_NE(newer.find("protocol 8 (unknown software)"), std::string::npos) << newer;
  EXPECT_NE(newer.find("update the store"), std::string::npos) << newer;
}

TEST(Hello, a_name_of_any_length_makes_no_long_sentence) {
  EXPECT_LT(mismatch({1, std::string(1'000'000, 'x')}, 2, "gateway").value().size(), 300U);
}

TEST(Hello, a_refusal_keeps_its_sentence_across_the_network) {
  test::type_system system;
  caf::error back;
  ASSERT_TRUE(test::from_wire(*system, test::to_wire(*system, refuse("both versions")), back));
  EXPECT_EQ(refusal_in(back), "both versions");
}

TEST(Hello, other_errors_are_no_refusals) {
  EXPECT_EQ(refusal_in(caf::make_error(caf::sec::request_timeout)), std::nullopt);
}
