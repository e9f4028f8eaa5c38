#include "test_folder.hpp"

#include <cstdio>
#include <gtest/gtest.h>
#include <sys/wait.h>

namespace truckee {
namespace {

struct outcome {
  int status = -1;
  std::string output;
};

/// Runs the example on a directory; what it says on both streams.
outcome embed(const std::filesystem::path& directory) {
  const auto command = "'" EMBED_PROGRAM "' '" + directory.string() + "' 2>&1";
  outcome out;
  auto* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr)
    return out;
  char buffer[4096];
  while (const auto n = std::fread(buffer, 1, sizeof buffer, pipe))
    out.output.append(buffer, n);
  const int ended = ::pclose(pipe);
  out.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
  return out;
}

std::size_t share_files_below(const std::filesystem::path& home) {
  std::size_t count = 0;
  for (const auto& at : std::filesystem::recursive_directory_iterator(home / "truckee" / "grid"))
    count += at.is_regular_file() && at.path().string().find("/shares/") != std::string::npos;
  return count;
}

TEST(Embed, publishes_ten_shares_and_reads_the_content_back) {
  const test::folder home;
  const auto ran = embed(home.path());
  EXPECT_EQ(ran.output, "version 1, 10 shares: \"Hello, lake!\"\n");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(share_files_below(home.path()), 10U);
}

TEST(Embed, opens_the_stores_of_an_earlier_run_and_makes_another_file_there) {
  const test::folder home;
  ASSERT_EQ(embed(home.path()).status, 0);
  EXPECT_EQ(embed(home.path()).status, 0);
  EXPECT_EQ(share_files_below(home.path()), 20U);
}

TEST(Embed, says_what_is_wrong_with_a_directory_that_cannot_be_one) {
  const test::folder home;
  const auto file = home / "file";
  std::fclose(std::fopen(file.c_str(), "w"));
  const auto ran = embed(file);
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.output.find(file.string()), std::string::npos) << ran.output;
}

} // namespace
} // namespace truckee
