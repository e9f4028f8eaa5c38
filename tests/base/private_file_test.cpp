#include "truckee/base/private_file.hpp"

#include "test_folder.hpp"
#include "truckee/base/descriptor.hpp"

#include <array>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace truckee;

namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{folder}, std::filesystem::directory_iterator{}));
}

} // namespace

TEST(private_file, is_readable_by_its_owner_only_whatever_the_umask) {
  const test::folder folder;
  const auto before = ::umask(0);
  EXPECT_TRUE(write_private_file(folder / "secret", as_bytes("x"), existing_file::refuse));
  ::umask(before);
  EXPECT_EQ(mode_of(folder / "secret"), 0600U);
  EXPECT_EQ(as_text(*read_small_file(folder / "secret", 1)), "x");
}

TEST(private_file, overwrites_only_when_asked_and_leaves_nothing_beside_it) {
  const test::folder folder;
  ASSERT_TRUE(write_private_file(folder / "secret", as_bytes("old"), existing_file::refuse));
  const auto refused = write_private_file(folder / "secret", as_bytes("new"), existing_file::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::refused);
  EXPECT_EQ(as_text(*read_small_file(folder / "secret", 100)), "old");
  std::filesystem::permissions(folder / "secret", std::filesystem::perms::all);
  EXPECT_TRUE(write_private_file(folder / "secret", as_bytes("new"), existing_file::replace));
  EXPECT_EQ(as_text(*read_small_file(folder / "secret", 100)), "new");
  EXPECT_EQ(mode_of(folder / "secret"), 0600U);
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(private_file, errors_name_the_path) {
  const test::folder folder;
  const auto nowhere = write_private_file(folder / "no/secret", as_bytes("x"), existing_file::replace);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, errc::not_found);
  EXPECT_NE(nowhere.error().detail.find("no/secret"), std::string::npos);
  std::filesystem::create_directory(folder / "taken");
  EXPECT_FALSE(write_private_file(folder / "taken", as_bytes("x"), existing_file::replace));
  EXPECT_EQ(files_in(folder.path()), 1U) << "a temporary file was left";
}

TEST(small_file, is_read_up_to_its_limit) {
  const test::folder folder;
  ASSERT_TRUE(write_private_file(folder / "f", as_bytes("12345"), existing_file::refuse));
  EXPECT_EQ(read_small_file(folder / "f", 5)->size(), 5U);
  EXPECT_EQ(read_small_file(folder / "f", 4).error().code, errc::too_large);
  EXPECT_EQ(read_small_file(folder / "none", 4).error().code, errc::not_found);
  EXPECT_EQ(read_small_file(folder.path(), 4).error().code, errc::io);
  EXPECT_EQ(read_small_file("/dev/zero", 4).error().code, errc::too_large);
}

TEST(small_file, takes_the_room_of_what_is_there) {
  const test::folder folder;
  ASSERT_TRUE(write_private_file(folder / "f", as_bytes("12345"), existing_file::refuse));
  const auto read = read_small_file(folder / "f", 1 << 20);
  ASSERT_TRUE(read);
  EXPECT_EQ(as_text(*read), "12345");
  EXPECT_LT(read->capacity(), 100U) << "fresh pages cost more than the file";
}

TEST(small_file, a_stream_that_says_no_size_is_read_to_its_end) {
  for (const std::size_t size : {0UL, 1UL, 4095UL, 4096UL, 4097UL, 40'000UL}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const descriptor from(ends[0]);
    bytes sent(size);
    for (std::size_t i = 0; i < size; ++i)
      sent[i] = static_cast<std::byte>(i * 7);
    ASSERT_EQ(::write(ends[1], sent.data(), size), static_cast<ssize_t>(size));
    ::close(ends[1]);
    const auto read = read_small_stream(from.get(), "pipe", 40'000);
    ASSERT_TRUE(read) << size;
    EXPECT_TRUE(equal(*read, sent)) << size;
  }
  // Says that it is empty, and is not.
  EXPECT_GT(read_small_file("/proc/self/status", 1 << 20)->size(), 100U);
}

TEST(private_file, its_folders_are_their_owners_only_whatever_the_umask) {
  const test::folder folder;
  const auto before = ::umask(0);
  EXPECT_TRUE(make_private_folder(folder / "a" / "b"));
  ::umask(before);
  EXPECT_EQ(mode_of(folder / "a"), 0700U);
  EXPECT_EQ(mode_of(folder / "a" / "b"), 0700U);
  EXPECT_TRUE(make_private_folder(folder / "a" / "b")) << "it may be there";
  ASSERT_TRUE(write_private_file(folder / "file", as_bytes("x"), existing_file::refuse));
  EXPECT_EQ(make_private_folder(folder / "file" / "c").error().code, errc::not_found);
}
