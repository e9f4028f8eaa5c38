#include "program/support/program.hpp"

#include <unistd.h>

/// Plain loopback between two users of one machine: a gateway that runs as another user.
using namespace truckee::test;

namespace {

class other_user : public program_test {
protected:
  static constexpr uid_t nobody = 65534;

  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "only root can start a process as another user";
    std::filesystem::permissions(place().path(), std::filesystem::perms(0755));
    std::filesystem::create_directory(theirs());
    ASSERT_EQ(::chown(theirs().c_str(), nobody, nobody), 0);
  }

  /// Where that user may write.
  std::filesystem::path theirs() const { return place() / "theirs"; }

  /// Starts the gateway as that user, on ten servers in a folder of theirs.
  std::string their_gateway(const arguments& more = {}, const std::string& data = "data") {
    arguments words{"gateway", "--listen", "127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    auto& gateway = start_with(
        [&](process_options& how) {
          how.user = nobody;
          how.directory = theirs();
          how.environment["HOME"] = theirs().string();
          how.environment["XDG_DATA_HOME"] = (theirs() / data).string();
        },
        words);
    return gateway.wait_for("listening on ");
  }

  process_result as(uid_t user, const arguments& words) {
    return truckee_with(
        [&](process_options& how) {
          how.user = user;
          how.directory = "/";
          how.input = "content";
        },
        words);
  }
};

void expect_words(const process_result& refused, const std::vector<std::string>& words) {
  EXPECT_NE(refused.code, 0) << refused.out;
  for (const auto& word : words)
    EXPECT_NE(refused.err.find(word), std::string::npos) << "\"" << word << "\" is missing in:\n"
                                                         << refused.err;
}

} // namespace

TEST_F(other_user, s_gateway_is_not_spoken_to_by_root_unless_told_to) {
  const auto gateway = their_gateway();
  expect_words(as(0, {"--gateway", gateway, "put", "-"}), {"user 65534", "--gateway-any-user"});
  const auto told = as(0, {"--gateway", gateway, "--gateway-any-user", "put", "-"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_TRUE(told.out.starts_with("URI:SSK:")) << told.out;
}

TEST_F(other_user, s_gateway_serves_its_own_user) {
  const auto put = as(nobody, {"--gateway", their_gateway(), "put", "-"});
  ASSERT_EQ(put.code, 0) << put.err;
  EXPECT_TRUE(put.out.starts_with("URI:SSK:")) << put.out;
}

TEST_F(other_user, s_gateway_lets_no_third_one_in_unless_both_are_told_to) {
  constexpr uid_t third = 65533;
  const auto closed = their_gateway();
  // Either end may be the first to see whom it meets.
  expect_words(as(third, {"--gateway", closed, "put", "-"}), {"user", "any-user"});
  expect_words(as(third, {"--gateway", closed, "--gateway-any-user", "put", "-"}),
               {"another user", "--any-user"});
  const auto open = their_gateway({"--any-user"}, "others");
  const auto put = as(third, {"--gateway", open, "--gateway-any-user", "put", "-"});
  EXPECT_EQ(put.code, 0) << put.err;
}
