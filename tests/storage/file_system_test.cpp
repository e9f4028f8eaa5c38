#include "storage/fault_file_system.hpp"
#include "storage/store_test_support.hpp"

#include <algorithm>
#include <cerrno>

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;

/// What the store relies on holds for the system's file system and for the one that loses power alike.
class file_systems : public testing::TestWithParam<bool> {
protected:
  file_systems() {
    if (!GetParam()) {
      base_ = "/base";
      EXPECT_TRUE(fault_.make_directory(base_));
    }
  }
  file_system& files() { return GetParam() ? posix_file_system() : fault_; }
  std::filesystem::path at(const char* name) const { return base_ / name; }

  void write(const char* name, std::string_view content) {
    auto file = files().create(at(name));
    ASSERT_TRUE(file) << file.error().what;
    EXPECT_TRUE((*file)->append(as_bytes(content)));
    EXPECT_TRUE((*file)->sync());
    EXPECT_TRUE((*file)->close());
  }
  std::string read(const char* name) {
    const auto file = files().open(at(name));
    if (!file)
      return "error " + std::to_string(file.error().code);
    return std::string(as_text((*file)->read(0, (*file)->size())->view()));
  }
  template <class T>
  int code(const io_result<T>& result) {
    if (result)
      return 0;
    EXPECT_NE(result.error().what.find("cannot"), std::string::npos);
    return result.error().code;
  }

  temporary_directory folder_;
  fault_file_system fault_;
  std::filesystem::path base_ = folder_.path();
};

INSTANTIATE_TEST_SUITE_P(both, file_systems, testing::Bool(),
                         [](const auto& which) { return which.param ? "posix" : "fault"; });

TEST_P(file_systems, files_are_made_once_and_read_within_their_size) {
  write("a", "hello");
  EXPECT_EQ(read("a"), "hello");
  EXPECT_EQ(code(files().create(at("a"))), EEXIST);
  EXPECT_EQ(code(files().create(at("no/a"))), ENOENT);
  EXPECT_EQ(code(files().open(at("no"))), ENOENT);
  EXPECT_EQ(code((*files().open(at("a")))->read(3, 3)), EIO);
}

TEST_P(file_systems, bytes_are_written_over_where_they_are_and_a_file_gets_no_longer) {
  write("f", "one lease");
  const auto before = *files().stamp(at("f"));
  EXPECT_TRUE(files().overwrite(at("f"), 4, as_bytes("LEA"), true));
  EXPECT_EQ(read("f"), "one LEAse");
  EXPECT_TRUE(files().overwrite(at("f"), 7, as_bytes("SE"), false));
  EXPECT_EQ(read("f"), "one LEASE");
  EXPECT_EQ(code(files().overwrite(at("f"), 8, as_bytes("SE"), true)), EIO);
  EXPECT_EQ(code(files().overwrite(at("no"), 0, as_bytes("x"), true)), ENOENT);
  EXPECT_NE(code(files().overwrite(base_, 0, as_bytes("x"), true)), 0);
  EXPECT_EQ(read("f"), "one LEASE");
  EXPECT_EQ(files().stamp(at("f"))->inode, before.inode);
}

TEST_P(file_systems, a_directory_takes_the_place_of_an_empty_one_only) {
  for (const char* name : {"d", "empty", "full"})
    EXPECT_TRUE(files().make_directory(at(name)));
  write("d/f", "moved");
  write("full/f", "stays");
  EXPECT_EQ(code(files().replace(at("d"), at("full"))), ENOTEMPTY);
  EXPECT_EQ(code(files().replace(at("no"), at("empty"))), ENOENT);
  EXPECT_EQ(read("full/f"), "stays");
  EXPECT_TRUE(files().replace(at("d"), at("empty")));
  EXPECT_EQ(read("empty/f"), "moved");
  EXPECT_EQ(code(files().list(at("d"))), ENOENT);
}

TEST_P(file_systems, directories_list_their_entries_and_go_only_when_empty) {
  EXPECT_TRUE(files().make_directory(at("d")));
  EXPECT_EQ(code(files().make_directory(at("d"))), EEXIST);
  write("d/f", "x");
  EXPECT_TRUE(files().make_directory(at("d/s")));
  auto entries = files().list(at("d"));
  ASSERT_TRUE(entries);
  std::sort(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_TRUE((*entries)[0].name == "f" && (*entries)[0].kind == entry_kind::file);
  EXPECT_TRUE((*entries)[1].name == "s" && (*entries)[1].kind == entry_kind::directory);
  EXPECT_EQ(code(files().list(at("no"))), ENOENT);
  EXPECT_EQ(code(files().list(at("d/f"))), ENOTDIR);
  EXPECT_EQ(code(files().remove_directory(at("d"))), ENOTEMPTY);
  EXPECT_EQ(code(files().remove_file(at("d"))), EISDIR);
  EXPECT_EQ(code(files().remove_file(at("no"))), ENOENT);
  EXPECT_TRUE(files().remove_file(at("d/f")));
  EXPECT_TRUE(files().remove_directory(at("d/s")));
  EXPECT_TRUE(files().sync_directory(at("d")));
  EXPECT_TRUE(files().remove_directory(at("d")));
}

TEST_P(file_systems, names_move_without_replacing_trade_places_and_double) {
  write("a", "A");
  write("b", "B");
  EXPECT_EQ(code(files().move(at("a"), at("b"))), EEXIST);
  EXPECT_TRUE(files().exchange(at("a"), at("b")));
  EXPECT_EQ(read("a") + read("b"), "BA");
  EXPECT_EQ(code(files().exchange(at("a"), at("c"))), ENOENT);
  EXPECT_TRUE(files().move(at("a"), at("c")));
  EXPECT_EQ(read("a"), "error " + std::to_string(ENOENT));
  EXPECT_TRUE(files().link(at("c"), at("d")));
  EXPECT_TRUE(files().remove_file(at("c")));
  EXPECT_EQ(read("d"), "B");
  EXPECT_EQ(code(files().link(at("d"), at("b"))), EEXIST);
}

TEST_P(file_systems, a_held_directory_is_used_as_any_other) {
  EXPECT_TRUE(files().make_directory(at("d")));
  const auto held = files().hold(at("d"));
  write("d/a", "A");
  write("b", "B");
  EXPECT_EQ(code(files().create(at("d/a"))), EEXIST);
  EXPECT_TRUE(files().exchange(at("d/a"), at("b")));
  EXPECT_EQ(read("d/a") + read("b"), "BA");
  EXPECT_TRUE(files().move(at("b"), at("d/c")));
  EXPECT_EQ(files().list(at("d"))->size(), 2U);
  EXPECT_TRUE(files().remove_file(at("d/c")));
  EXPECT_TRUE(files().remove_file(at("d/a")));
  EXPECT_EQ(code(files().remove_file(at("d/a"))), ENOENT);
  EXPECT_TRUE(files().remove_directory(at("d")));
  EXPECT_EQ(code(files().hold(at("no")) ? io_result<void>() : files().remove_file(at("no/a"))), ENOENT);
}

TEST_P(file_systems, a_stamp_changes_with_what_it_stands_for) {
  write("a", "one");
  const auto file = *files().stamp(at("a"));
  EXPECT_EQ(file.kind, entry_kind::file);
  EXPECT_EQ(file.size, 3U);
  EXPECT_TRUE(unchanged(file, *files().stamp(at("a"))));
  EXPECT_TRUE(unchanged(file, (*files().open(at("a")))->stamp()));
  EXPECT_TRUE(files().make_directory(at("d")));
  const auto empty = *files().stamp(at("d"));
  pass_a_tick(folder_.path());
  EXPECT_EQ(empty.kind, entry_kind::directory);
  EXPECT_TRUE(files().move(at("a"), at("d/a")));
  EXPECT_TRUE(unchanged(file, *files().stamp(at("d/a")))) << "a file is the same under another name";
  EXPECT_FALSE(unchanged(empty, *files().stamp(at("d"))));
  write("b", "two");
  EXPECT_FALSE(unchanged(file, *files().stamp(at("b"))));
  auto made = files().create(at("c"));
  ASSERT_TRUE((*made)->append(as_bytes("written")));
  const auto written = (*made)->stamp();
  ASSERT_TRUE(written);
  EXPECT_EQ(written->size, 7U);
  EXPECT_TRUE((*made)->close());
  EXPECT_TRUE(unchanged(*written, *files().stamp(at("c"))));
  EXPECT_EQ(code(files().stamp(at("no"))), ENOENT);
}

TEST_P(file_systems, a_lock_has_one_holder) {
  auto first = files().lock(at("lock"));
  ASSERT_TRUE(first);
  const auto second = files().lock(at("lock"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EWOULDBLOCK);
  EXPECT_NE(second.error().what.find("process"), std::string::npos);
  first->reset();
  EXPECT_TRUE(files().lock(at("lock")));
}

TEST(fault_file_system, a_crash_loses_what_was_not_synced_and_keeps_what_was) {
  fault_file_system files;
  ASSERT_TRUE(files.make_directory("/d"));
  ASSERT_TRUE(files.sync_directory("/"));
  auto file = files.create("/d/synced");
  ASSERT_TRUE((*file)->append(as_bytes("safe")));
  ASSERT_TRUE((*file)->sync());
  ASSERT_TRUE(files.sync_directory("/d"));
  ASSERT_TRUE((*file)->append(as_bytes("lost")));
  ASSERT_TRUE(files.create("/d/unnamed"));
  files.crash(fault_file_system::survival::nothing, 0);
  EXPECT_EQ(files.list("/d")->size(), 1U);
  EXPECT_EQ(as_text((*files.open("/d/synced"))->read(0, 4)->view()), "safe");
  EXPECT_EQ((*files.open("/d/synced"))->size(), 4U);
  EXPECT_FALSE((*file)->sync()) << "it was opened before the crash";
}

TEST(fault_file_system, a_scattered_crash_tears_data_and_drops_names_in_any_order) {
  bool torn = false;
  bool later_without_earlier = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    fault_file_system files;
    auto first = files.create("/first");
    ASSERT_TRUE((*first)->append(bytes(5'000, std::byte{1})));
    ASSERT_TRUE(files.create("/second"));
    files.crash(fault_file_system::survival::scattered, seed);
    const auto found = files.open("/first");
    torn = torn || (found && (*found)->size() > 0 && (*found)->size() < 5'000);
    later_without_earlier = later_without_earlier || (!found && files.open("/second"));
  }
  EXPECT_TRUE(torn);
  EXPECT_TRUE(later_without_earlier);
}

TEST_P(file_systems, a_file_is_written_at_any_place_and_gone_on_with) {
  {
    auto file = files().create(at("a"));
    ASSERT_TRUE(file);
    EXPECT_TRUE((*file)->write_at(6, as_bytes("six")));
    EXPECT_TRUE((*file)->write_out(6, 3));
    EXPECT_TRUE((*file)->close());
  }
  EXPECT_EQ(read("a"), std::string("\0\0\0\0\0\0six", 9));
  auto file = files().go_on(at("a"));
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_TRUE((*file)->write_at(0, as_bytes("zero")));
  EXPECT_TRUE((*file)->write_at(7, as_bytes("ev")));
  EXPECT_TRUE((*file)->write_out(0, 100)) << "beyond its end there is nothing to wait for";
  EXPECT_EQ((*file)->stamp()->size, 9U);
  EXPECT_TRUE((*file)->cut(20)) << "makes nothing longer";
  EXPECT_EQ((*file)->stamp()->size, 9U);
  EXPECT_TRUE((*file)->cut(8));
  EXPECT_TRUE((*file)->sync());
  EXPECT_TRUE((*file)->close());
  EXPECT_EQ(read("a"), std::string("zero\0\0se", 8));
  EXPECT_EQ(code(files().go_on(at("no"))), ENOENT);
  EXPECT_EQ(code(files().go_on(base_)), EISDIR);
}
