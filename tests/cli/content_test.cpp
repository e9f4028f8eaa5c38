#include "truckee/cli/files/content.hpp"

#include "test_folder.hpp"

#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace truckee;
using namespace truckee::cli;

namespace {

class content_files : public testing::Test {
protected:
  test::folder folder;

  std::string make(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  }
  std::string text_of(const std::string& name) const {
    std::ifstream in(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

} // namespace

TEST_F(content_files, a_file_is_read_whole_up_to_the_limit) {
  for (const std::size_t size : {0U, 1U, 4096U, 70'000U, 300'000U}) {
    const std::string text(size, 'x');
    const auto file = make("f", text);
    EXPECT_EQ(as_text(read_content(file, size)->view()), text);
    if (size > 0) {
      EXPECT_EQ(read_content(file, size - 1).error().code, errc::too_large);
    }
  }
}

TEST_F(content_files, a_file_that_is_too_large_is_refused_before_it_is_read) {
  const auto file = make("sparse", "");
  ASSERT_EQ(::truncate(file.c_str(), off_t{1} << 40), 0);
  const auto got = read_content(file, 1 << 30);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::too_large);
  EXPECT_NE(got.error().detail.find("sparse has more than 1073741824 bytes"), std::string::npos);
}

TEST_F(content_files, a_pipe_is_refused_at_one_byte_too_many) {
  const auto pipe = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::size_t size : {200'000U, 200'001U}) {
    std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << std::string(size, 'x'); });
    const auto got = read_content(pipe, 200'000);
    writer.join();
    EXPECT_EQ(got.has_value(), size == 200'000) << size;
  }
  EXPECT_EQ(read_content("/dev/zero", 1'000'000).error().code, errc::too_large);
}

TEST_F(content_files, what_cannot_be_read_is_named) {
  EXPECT_EQ(read_content((folder / "none").string(), 9).error().code, errc::not_found);
  EXPECT_EQ(read_content(folder.path().string(), 9).error().code, errc::usage);
}

TEST_F(content_files, a_private_file_stays_private_when_it_is_replaced) {
  const auto file = make("f", "old");
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  auto out = content_output::open(file);
  ASSERT_TRUE(out && out->write(as_bytes("ne")) && out->write(as_bytes("w")) && out->finish());
  struct stat facts {};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_EQ(text_of("f"), "new");
}

TEST_F(content_files, a_new_file_is_as_the_umask_says) {
  const auto before = ::umask(0027);
  auto out = content_output::open((folder / "f").string());
  ASSERT_TRUE(out && out->write(as_bytes("new")) && out->finish());
  ::umask(before);
  struct stat facts {};
  ASSERT_EQ(::stat((folder / "f").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0640U);
}

TEST_F(content_files, what_was_written_is_taken_back_and_nothing_is_there_before_the_end) {
  const auto file = make("f", "old");
  auto out = content_output::open(file);
  ASSERT_TRUE(out && out->write(as_bytes("a version that is gone")));
  EXPECT_TRUE(out->begin_again().value());
  ASSERT_TRUE(out->write(as_bytes("new")));
  EXPECT_EQ(text_of("f"), "old");
  ASSERT_TRUE(out->finish());
  EXPECT_EQ(text_of("f"), "new");
  auto device = content_output::open("/dev/null");
  ASSERT_TRUE(device);
  EXPECT_TRUE(device->begin_again().value());
  ASSERT_TRUE(device->write(as_bytes("x")));
  EXPECT_FALSE(device->begin_again().value()) << "it is out";
}

TEST_F(content_files, a_device_is_written_and_its_errors_are_told) {
  auto out = content_output::open("/dev/full");
  ASSERT_TRUE(out);
  const auto full = out->write(as_bytes("new"));
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().detail.find("No space left"), std::string::npos);
  auto none = content_output::open("/dev/null");
  EXPECT_TRUE(none && none->write(as_bytes("new")) && none->finish());
  EXPECT_EQ(content_output::open((folder / "no/f").string()).error().code, errc::not_found);
}

TEST_F(content_files, nothing_that_is_read_is_written_whatever_its_name) {
  const auto cap = make("cap", "URI:SSK:aaaa:bbbb");
  const auto other = make("other", "x");
  ASSERT_EQ(::symlink("cap", (folder / "soft").c_str()), 0);
  ASSERT_EQ(::link(cap.c_str(), (folder / "hard").c_str()), 0);
  for (const auto* name : {"cap", "soft", "hard", "./cap"}) {
    const auto kept = inputs_kept({other, cap}, {(folder / name).string()});
    ASSERT_FALSE(kept) << name;
    EXPECT_EQ(kept.error().code, errc::usage);
    EXPECT_NE(kept.error().detail.find(name), std::string::npos) << kept.error().detail;
  }
  EXPECT_TRUE(inputs_kept({cap}, {other, (folder / "new").string(), "", "-"}));
  EXPECT_TRUE(inputs_kept({cap, "", "-", (folder / "none").string()}, {other}));
  EXPECT_TRUE(inputs_kept({"/dev/null"}, {"/dev/null"})) << "a device can be both";
}

TEST_F(content_files, a_secret_is_open_to_others_by_any_bit) {
  const auto file = make("cap", "x");
  for (const mode_t mode : {0600U, 0400U, 0700U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_FALSE(is_open_to_others(file)) << mode;
  }
  for (const mode_t mode : {0644U, 0640U, 0604U, 0602U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_TRUE(is_open_to_others(file)) << mode;
  }
  EXPECT_FALSE(is_open_to_others("/dev/null"));
  EXPECT_FALSE(is_open_to_others((folder / "none").string()));
}
