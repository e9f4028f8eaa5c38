#include "storage/fault_file_system.hpp"
#include "storage/mount_namespace.hpp"
#include "storage/store_test_support.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;
namespace fs = std::filesystem;

namespace {

const storage_index slot = filled<storage_index>(7);

storage_status write(share_store& store, const std::string& what, int share = 0,
                     const storage_index& where = slot) {
  auto change = write_share(share, 0, what);
  change.new_length = what.size();
  return store.read_test_write(request(where, {std::move(change)})).status;
}

/// A store in a real folder whose share 0 was written twice, so that there is a spare file.
class spare_store : public testing::Test {
protected:
  std::unique_ptr<share_store> open(const fs::path& where, store_limits limits = {},
                                    durability wanted = durability::none) {
    auto out = open_disk_store(
        {where, limits, wanted, false}, [] { return test_time; }, random_);
    EXPECT_TRUE(out) << to_string(out.error());
    return std::move(*out);
  }
  std::unique_ptr<share_store> open() {
    auto out = open(folder_.path());
    EXPECT_EQ(write(*out, "one"), storage_status::ok);
    EXPECT_EQ(write(*out, "two"), storage_status::ok);
    return out;
  }
  fs::path file() const { return share_path(folder_.path(), slot, 0); }
  std::vector<fs::path> aside() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "truckee-aside"))
      out.push_back(entry.path());
    return out;
  }
  ino_t inode() const {
    struct stat about {};
    EXPECT_EQ(::stat(file().c_str(), &about), 0);
    return about.st_ino;
  }

  temporary_directory folder_;
  seeded_random random_{3};
};

} // namespace

TEST_F(spare_store, an_update_is_written_into_the_file_that_the_one_before_replaced) {
  const auto store = open();
  ASSERT_EQ(aside().size(), 1U);
  const auto two = inode();
  ASSERT_EQ(write(*store, "three"), storage_status::ok);
  EXPECT_NE(inode(), two) << "what is read is never written over";
  ASSERT_EQ(write(*store, "four"), storage_status::ok);
  EXPECT_EQ(inode(), two);
  EXPECT_EQ(aside().size(), 1U);
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "four"}}));
}

TEST_F(spare_store, a_file_has_the_length_of_what_was_written_last) {
  store_limits none;
  none.spare_bytes_max = 0;
  const temporary_directory other;
  const auto store = open();
  const auto plain = open(other.path(), none);
  for (const std::size_t length : {5'000U, 70'000U, 1U, 5'000U, 300'000U, 70'000U}) {
    const std::string content(length, 'x');
    for (const auto& each : {store.get(), plain.get()})
      ASSERT_EQ(write(*each, content), storage_status::ok);
    EXPECT_EQ(fs::file_size(file()), fs::file_size(share_path(other.path(), slot, 0))) << length;
    EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, content}}));
  }
  // Deleted and made anew, which is shorter than the file was.
  for (const auto& each : {store.get(), plain.get()}) {
    ASSERT_EQ(each->read_test_write(request(slot, {delete_share(0)})).status, storage_status::ok);
    for (const char* content : {"short", "again", "third"})
      ASSERT_EQ(write(*each, content), storage_status::ok);
  }
  EXPECT_EQ(fs::file_size(file()), fs::file_size(share_path(other.path(), slot, 0)));
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "third"}}));
}

TEST_F(spare_store, whoever_still_reads_an_old_share_reads_it_to_its_end) {
  const auto store = open();
  const int backup = ::open(file().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(backup, 0);
  const auto before = read_file(file());
  for (const char* next : {"three", "four!", "five!", "six!!"})
    ASSERT_EQ(write(*store, next), storage_status::ok);
  bytes read(before.size());
  EXPECT_EQ(::pread(backup, read.data(), read.size(), 0), static_cast<ssize_t>(read.size()));
  EXPECT_EQ(read, before);
  ::close(backup);
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "six!!"}}));
}

TEST_F(spare_store, a_second_name_that_somebody_gave_a_share_keeps_its_content) {
  const auto store = open();
  fs::create_hard_link(file(), folder_.path() / "snapshot");
  const auto before = read_file(file());
  for (const char* next : {"three", "four!", "five!", "six!!"})
    ASSERT_EQ(write(*store, next), storage_status::ok);
  EXPECT_EQ(read_file(folder_.path() / "snapshot"), before);
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "six!!"}}));
}

TEST_F(spare_store, a_file_that_others_may_open_is_not_written_into) {
  const auto store = open();
  fs::permissions(file(), fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  const auto shared = inode();
  ASSERT_EQ(write(*store, "three"), storage_status::ok);
  ASSERT_EQ(write(*store, "four"), storage_status::ok);
  EXPECT_NE(inode(), shared);
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(spare_store, whoever_empties_the_folder_aside_does_no_harm) {
  const auto store = open();
  for (const auto& spare : aside())
    fs::remove(spare);
  ASSERT_EQ(write(*store, "three"), storage_status::ok);
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "three"}}));
}

TEST_F(spare_store, they_go_with_the_store) {
  auto store = open();
  store.reset();
  EXPECT_TRUE(aside().empty());
}

TEST_F(spare_store, together_they_take_no_more_than_they_may) {
  store_limits limits;
  limits.spare_bytes_max = 10'000; // two of the smallest
  const auto store = open(folder_.path(), limits);
  for (const char* what : {"one", "two"})
    for (int share = 0; share < 5; ++share)
      ASSERT_EQ(write(*store, what, share), storage_status::ok);
  EXPECT_EQ(aside().size(), 2U);
  ASSERT_EQ(write(*store, std::string(20'000, 'x')), storage_status::ok);
  ASSERT_EQ(write(*store, "three"), storage_status::ok);
  EXPECT_EQ(aside().size(), 1U) << "one that is too large is not kept";
}

TEST_F(spare_store, they_make_room_where_the_disk_is_full) {
  with_own_mounts([this] {
    if (::mount("none", folder_.path().c_str(), "tmpfs", 0, "size=1m") != 0)
      return false;
    const auto store = open(folder_.path());
    const std::string much(300'000, 'x');
    EXPECT_EQ(write(*store, much), storage_status::ok);
    EXPECT_EQ(write(*store, much), storage_status::ok);
    EXPECT_EQ(aside().size(), 1U);
    EXPECT_EQ(write(*store, std::string(500'000, 'y'), 0, filled<storage_index>(8)), storage_status::ok)
        << "300 KB are in use and as many in a spare file";
    EXPECT_TRUE(aside().empty());
    EXPECT_EQ(contents(*store, slot).at(0).size(), much.size());
    return true;
  });
}

TEST(spare_files_under_fault, an_error_at_any_call_leaves_what_was_there) {
  fault_file_system files;
  seeded_random random{3};
  const auto store = std::move(*open_disk_store(
      {"/srv/store", {}, durability::full, false}, [] { return test_time; }, random, files));
  for (const char* what : {"one", "two", "three"})
    ASSERT_EQ(write(*store, what), storage_status::ok);
  EXPECT_EQ(files.calls("create"), 3U) << "the id, the two files of the share, and no third";
  std::string last = "three";
  for (std::uint64_t call = 0; call < 10; ++call) {
    const auto next = "version " + std::to_string(call);
    files.fail_call(call, EIO);
    if (write(*store, next) == storage_status::ok)
      last = next;
    files.heal();
    EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, last}})) << "an error at call " << call;
  }
  EXPECT_NE(last, "three");
}
