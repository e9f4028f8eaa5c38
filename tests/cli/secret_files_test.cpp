#include "truckee/cli/files/secret_files.hpp"

#include "test_folder.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace truckee;
using namespace truckee::cli;

namespace {

constexpr const char* cap = "URI:SSK:aaaa:bbbb";

class secret_files : public testing::Test {
protected:
  test::folder folder;

  result<secret_text> read(std::string_view content) {
    std::ofstream{folder / "cap", std::ios::binary} << content;
    return read_cap_file((folder / "cap").string());
  }
};

} // namespace

TEST_F(secret_files, white_space_around_a_cap_is_forgiven) {
  for (const auto* text :
       {"URI:SSK:aaaa:bbbb", "URI:SSK:aaaa:bbbb\n", "\n  URI:SSK:aaaa:bbbb\r\n\n", "\tURI:SSK:aaaa:bbbb "})
    EXPECT_EQ(read(text)->view(), cap) << text;
}

TEST_F(secret_files, what_is_not_one_line_is_refused_without_repeating_it) {
  const std::pair<std::string, const char*> wrong[] = {
      {"", "is empty"},
      {" \n\n", "is empty"},
      {"URI:SSK:aaaa:bbbb\nURI:SSK:cccc:dddd\n", "more than one line"},
      {"URI:SSK: aaaa", "characters that no capability has"},
      {std::string{"URI:SSK:\0aaaa", 13}, "characters that no capability has"},
      {"URI:SSK:\xc3\xa4", "characters that no capability has"},
      {std::string(5000, 'a'), "longer than any capability"},
  };
  for (const auto& [text, why] : wrong) {
    const auto got = read(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, errc::bad_capability);
    EXPECT_NE(got.error().detail.find(why), std::string::npos) << got.error().detail;
    EXPECT_EQ(got.error().detail.find("aaaa"), std::string::npos) << got.error().detail;
  }
}

TEST_F(secret_files, a_file_that_is_not_there_is_named) {
  const auto got = read_cap_file((folder / "nowhere").string());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::usage);
  EXPECT_NE(got.error().detail.find("nowhere"), std::string::npos);
  EXPECT_FALSE(read_cap_file(folder.path().string()));
}

TEST_F(secret_files, a_cap_comes_through_a_pipe_in_pieces) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "URI:SSK:", 8), 8);
  ASSERT_EQ(::write(ends[1], "aaaa:bbbb\n", 10), 10);
  ::close(ends[1]);
  EXPECT_EQ(read_cap_stream(ends[0], "standard input")->view(), cap);
  const auto ended = read_cap_stream(ends[0], "standard input");
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().detail.find("standard input: is empty"), std::string::npos);
  ::close(ends[0]);
}

TEST_F(secret_files, what_was_written_is_read_again_and_private) {
  ASSERT_TRUE(write_cap_file(folder / "new", cap, existing_file::refuse));
  EXPECT_EQ(read_cap_file((folder / "new").string())->view(), cap);
  EXPECT_EQ(as_text(*read_small_file(folder / "new", 100)), std::string{cap} + "\n");
  struct stat info {};
  ASSERT_EQ(::stat((folder / "new").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(write_cap_file(folder / "new", "other", existing_file::refuse).error().code, errc::refused);
  EXPECT_EQ(read_cap_file((folder / "new").string())->view(), cap);
}

TEST(without_capabilities, are_found_behind_whatever_looks_like_one) {
  EXPECT_EQ(cli::without_capabilities("URI:x or URI:SSK:abc234:def567"), "URI:x or URI:SSK:...");
  EXPECT_EQ(cli::without_capabilities("URI:URI:SSK:abc234:def567"), "URI:URI:SSK:...");
  EXPECT_EQ(cli::without_capabilities("URI:SSKURI:SSK:abc234:def567"), "URI:SSKURI:SSK:...");
  EXPECT_EQ(cli::without_capabilities("URI:SSK:ABC234:def567"), "URI:SSK:...");
  EXPECT_EQ(cli::without_capabilities("URI:\nURI:SSK:abc234"), "URI:\nURI:SSK:...");
}

/// The colon that ends a kind is its own: this one is JSON's.
TEST(without_capabilities, leave_json_as_it_is) {
  EXPECT_EQ(cli::without_capabilities(R"({"text":"URI:","seconds":0.5})"),
            R"({"text":"URI:","seconds":0.5})");
}

TEST(without_capabilities, leaves_their_kind_and_everything_around_them) {
  EXPECT_EQ(cli::without_capabilities("no file URI:SSK:abc234:def567: it is absent"),
            "no file URI:SSK:... it is absent");
  EXPECT_EQ(cli::without_capabilities("\"URI:DIR2-RO:aa:bb\" and URI:SSK-Verifier:cc:dd."),
            "\"URI:DIR2-RO:...\" and URI:SSK-Verifier:....");
  EXPECT_EQ(cli::without_capabilities("e.g. URI:SSK:... (a hint)"), "e.g. URI:SSK:... (a hint)");
  EXPECT_EQ(cli::without_capabilities("URI:"), "URI:");
  EXPECT_EQ(cli::without_capabilities(""), "");
}
