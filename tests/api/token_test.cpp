#include "truckee/api/token.hpp"

#include "test_folder.hpp"
#include "test_support.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace truckee;
using namespace truckee::api;

namespace {

class http_token : public testing::Test {
protected:
  void write(const std::string& text) { std::ofstream(folder_ / "token") << text; }
  result<secret_text> token() { return token_in(folder_ / "token", random_); }
  test::folder folder_;
  test::seeded_random random_{1};
};

} // namespace

TEST_F(http_token, is_made_once_and_is_its_owners_alone) {
  const auto made = token_in(folder_ / "deep" / "token", random_);
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_EQ(made->size(), 32U);
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "deep" / "token").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  const auto again = token_in(folder_ / "deep" / "token", random_);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *made);
}

TEST_F(http_token, is_the_first_line_of_its_file) {
  write("a-token-that-somebody-chose\r\nanother line\n");
  ASSERT_TRUE(token());
  EXPECT_EQ(std::string_view(*token()), "a-token-that-somebody-chose");
}

TEST_F(http_token, what_is_none_is_refused_and_not_shown) {
  for (const auto& bad :
       {std::string(), std::string("\n"), std::string("short-secret\n"),
        std::string("with blanks in its secret\n"), std::string(300, 's'), std::string(2000, 's')}) {
    write(bad);
    const auto got = token();
    ASSERT_FALSE(got) << bad;
    EXPECT_EQ(got.error().code, errc::configuration);
    EXPECT_EQ(got.error().detail.find("secret"), std::string::npos);
    EXPECT_EQ(got.error().detail.find("ssss"), std::string::npos);
  }
}
