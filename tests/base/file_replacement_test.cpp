#include "truckee/base/file_replacement.hpp"

#include "test_folder.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace truckee;

namespace {

class file_replacement_test : public testing::Test {
protected:
  test::folder folder;

  std::string content(const std::string& name) const {
    std::ifstream in(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void make(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
  }
  unsigned mode_of(const std::string& name) const {
    struct stat info {};
    return ::lstat((folder / name).c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder.path()},
                                                  std::filesystem::directory_iterator{}));
  }
  /// Writes "new" over the file; the error where it could not.
  std::optional<error> replace(const std::string& name, file_replacement::rights rights) const {
    auto file = file_replacement::open(folder / name, rights);
    if (!file)
      return file.error();
    if (auto written = file->write(as_bytes("new")); !written)
      return written.error();
    if (auto done = file->commit(existing_file::replace); !done)
      return done.error();
    return std::nullopt;
  }
};

} // namespace

TEST_F(file_replacement_test, a_new_file_has_the_mode_it_was_given) {
  EXPECT_EQ(replace("f", {.mode = 0640, .keep = true}), std::nullopt);
  EXPECT_EQ(content("f"), "new");
  EXPECT_EQ(mode_of("f"), 0640U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(file_replacement_test, a_replaced_file_keeps_its_mode) {
  for (const mode_t mode : {0600U, 0400U, 0755U, 0660U}) {
    make("f", "old");
    ASSERT_EQ(::chmod((folder / "f").c_str(), mode), 0);
    EXPECT_EQ(replace("f", {.mode = 0644, .keep = true}), std::nullopt);
    EXPECT_EQ(mode_of("f"), mode);
    EXPECT_EQ(content("f"), "new");
    ASSERT_EQ(::unlink((folder / "f").c_str()), 0);
  }
}

TEST_F(file_replacement_test, a_replaced_file_keeps_its_owner_where_that_may_be_given) {
  make("f", "old");
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root gives files away";
  ASSERT_EQ(::chown((folder / "f").c_str(), 12345, 54321), 0);
  EXPECT_EQ(replace("f", {.mode = 0644, .keep = true}), std::nullopt);
  struct stat info {};
  ASSERT_EQ(::stat((folder / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 12345U);
  EXPECT_EQ(info.st_gid, 54321U);
}

TEST_F(file_replacement_test, nothing_is_there_before_it_is_committed) {
  make("f", "old");
  {
    auto file = file_replacement::open(folder / "f", {});
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(as_bytes("half")));
    EXPECT_EQ(content("f"), "old");
    EXPECT_EQ(files(), 1U) << "a file without a name: nothing is left even after SIGKILL";
  }
  EXPECT_EQ(content("f"), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(file_replacement_test, the_longest_name_is_written) {
  const std::string name(255, 'n');
  EXPECT_EQ(replace(name, {}), std::nullopt);
  EXPECT_EQ(replace(name, {}), std::nullopt) << "and replaced";
  EXPECT_EQ(content(name), "new");
  EXPECT_EQ(files(), 1U);
}

TEST_F(file_replacement_test, what_makes_it_impossible_is_said_before_anything_is_written) {
  std::filesystem::create_directory(folder / "d");
  EXPECT_EQ(file_replacement::open(folder / "d", {}).error().code, errc::usage);
  EXPECT_EQ(file_replacement::open(folder / "no/f", {}).error().code, errc::not_found);
  EXPECT_EQ(file_replacement::open(folder / std::string(256, 'n'), {}).error().code, errc::io);
  EXPECT_EQ(files(), 1U);
  if (::geteuid() == 0)
    return; // may write anywhere
  ASSERT_EQ(::chmod((folder / "d").c_str(), 0500), 0);
  EXPECT_EQ(file_replacement::open(folder / "d/f", {}).error().code, errc::io);
}

TEST_F(file_replacement_test, a_link_is_replaced_and_what_it_leads_to_stays) {
  make("target", "old");
  ASSERT_EQ(::symlink("target", (folder / "link").c_str()), 0);
  EXPECT_EQ(replace("link", {.mode = 0600, .keep = true}), std::nullopt);
  EXPECT_EQ(content("target"), "old");
  EXPECT_EQ(content("link"), "new");
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "link"));
}

TEST_F(file_replacement_test, a_file_in_the_working_folder_needs_no_folder_in_its_name) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  auto file = file_replacement::open("f", {});
  EXPECT_TRUE(file && file->write(as_bytes("new")) && file->commit(existing_file::refuse));
  std::filesystem::current_path(before);
  EXPECT_EQ(content("f"), "new");
}
