#include "truckee/cli/files/lendable.hpp"

#include "test_folder.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace truckee;
using namespace truckee::cli;

namespace {

using lent = std::shared_ptr<const lendable_file>;

class lendable_files : public testing::Test {
protected:
  test::folder folder;

  std::string make(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  }
  /// What is written into a pipe is opened at its other end.
  result<lendable_content> through_a_pipe(const std::string& text, std::uint64_t memory_max) const {
    const auto pipe = (folder / "pipe").string();
    ::unlink(pipe.c_str());
    EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto before = std::signal(SIGPIPE, SIG_IGN); // whoever does not read on breaks the pipe
    std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << text; });
    auto got = open_lendable(pipe, memory_max);
    writer.join();
    std::signal(SIGPIPE, before);
    return got;
  }
  static std::string text_of(const lendable_content& content) {
    if (const auto* brought = std::get_if<shared_bytes>(&content))
      return std::string(as_text(brought->view()));
    const auto& file = *std::get<lent>(content);
    const auto all = file.read(0, file.size());
    return all ? std::string(as_text(all->view())) : to_string(all.error());
  }
  static std::string some_text(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
      out[i] = static_cast<char>('a' + i * 7 % 26);
    return out;
  }
};

} // namespace

TEST_F(lendable_files, what_is_short_is_in_memory_and_what_is_long_stays_in_its_file) {
  for (const std::size_t size : {0U, 1U, 1000U, 1001U, 300'000U}) {
    const auto text = some_text(size);
    const auto got = open_lendable(make("f", text), 1000);
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(std::holds_alternative<lent>(*got), size > 1000) << size;
    EXPECT_EQ(text_of(*got), text);
  }
}

TEST_F(lendable_files, what_comes_longer_through_a_pipe_is_kept_in_a_file_without_a_name) {
  ASSERT_EQ(::setenv("TMPDIR", folder.path().c_str(), 1), 0);
  for (const std::size_t size : {0U, 1U, 99'999U, 100'000U, 100'001U, 3'000'000U}) {
    const auto text = some_text(size);
    const auto got = through_a_pipe(text, 100'000);
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(std::holds_alternative<lent>(*got), size > 100'000) << size;
    EXPECT_EQ(text_of(*got), text);
  }
  ::unlink((folder / "pipe").c_str());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nobody has to clean up after it";
  ::unsetenv("TMPDIR");
}

TEST_F(lendable_files, a_pipe_that_can_be_kept_nowhere_is_told_with_what_to_do) {
  ASSERT_EQ(::setenv("TMPDIR", (folder / "none").c_str(), 1), 0);
  const auto got = through_a_pipe(some_text(300'000), 1000);
  ::unsetenv("TMPDIR");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::io);
  EXPECT_NE(got.error().detail.find("set TMPDIR"), std::string::npos) << got.error().detail;
}

TEST_F(lendable_files, parts_are_read_from_any_place_and_none_from_beyond) {
  const auto text = some_text(5000);
  const auto got = open_lendable(make("f", text), 100);
  ASSERT_TRUE(got);
  const auto& file = *std::get<lent>(*got);
  EXPECT_EQ(as_text(file.read(4000, 1000)->view()), text.substr(4000));
  EXPECT_EQ(as_text(file.read(17, 3)->view()), text.substr(17, 3));
  EXPECT_EQ(file.read(4000, 1001).error().code, errc::usage);
  EXPECT_EQ(file.read(UINT64_MAX, 2).error().code, errc::usage);
}

TEST_F(lendable_files, a_file_that_became_shorter_is_told_and_one_that_grew_is_what_it_was) {
  const auto text = some_text(5000);
  const auto name = make("f", text);
  const auto got = open_lendable(name, 100);
  ASSERT_TRUE(got);
  const auto& file = *std::get<lent>(*got);
  std::ofstream(name, std::ios::app) << "more";
  EXPECT_EQ(file.size(), 5000U);
  EXPECT_EQ(as_text(file.read(0, 5000)->view()), text);
  ASSERT_EQ(::truncate(name.c_str(), 4000), 0);
  const auto cut = file.read(0, 5000);
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().detail.find("became shorter"), std::string::npos) << cut.error().detail;
}

TEST_F(lendable_files, what_is_no_content_is_told_as_ever) {
  EXPECT_EQ(open_lendable((folder / "absent").string(), 100).error().code, errc::not_found);
  EXPECT_EQ(open_lendable(folder.path().string(), 100).error().code, errc::usage);
}
