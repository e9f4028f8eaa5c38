#include "storage/fault_file_system.hpp"
#include "storage/store_test_support.hpp"

#include <functional>

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;
namespace fs = std::filesystem;

namespace {

const storage_index slot = filled<storage_index>(7);

/// What a publish sends: a test on the version that was seen, the new share, and a question about what is there.
grid::read_test_write update(const std::string& seen, const std::string& now, int share = 0) {
  auto change = write_share(share, 0, now);
  change.tests.push_back({0, seen.size(), text(seen)});
  auto out = request(slot, {std::move(change)});
  out.reads.push_back({0, 75});
  return out;
}

/// A store over a file system that counts.
class counted_store : public testing::Test {
protected:
  std::unique_ptr<share_store> open(store_limits limits = {}) {
    auto out = open_disk_store(
        {"/srv/store", limits, durability::none, false}, [this] { return now_; }, random_, files_);
    EXPECT_TRUE(out) << to_string(out.error());
    return std::move(*out);
  }

  std::uint64_t now_ = test_time;
  fault_file_system files_;
  seeded_random random_{3};
};

/// A store in a real folder, for others to meddle with.
class meddled_store : public testing::Test {
protected:
  meddled_store() {
    store_ = std::move(*open_disk_store(
        {folder_.path(), {}, durability::none, false}, [] { return test_time; }, random_));
    EXPECT_EQ(store_->read_test_write(update("", "one")).status, storage_status::ok);
    EXPECT_EQ(store_->read_test_write(update("one", "two")).status, storage_status::ok);
    pass_a_tick(folder_.path());
  }
  fs::path file(int share = 0) const { return share_path(folder_.path(), slot, share); }
  bytes content() const { return read_file(file()); }
  static void put(const fs::path& where, byte_view what) {
    std::ofstream(where, std::ios::binary)
        .write(reinterpret_cast<const char*>(what.data()), static_cast<std::streamsize>(what.size()));
  }

  temporary_directory folder_;
  seeded_random random_{3};
  std::unique_ptr<share_store> store_;
};

} // namespace

TEST_F(counted_store, a_slot_that_it_wrote_is_tested_and_written_without_a_look_into_its_files) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(update("", "version 0")).status, storage_status::ok);
  const auto lists = files_.calls("list");
  const auto opens = files_.calls("open");
  const auto reads = files_.calls("read");
  for (int i = 1; i <= 20; ++i) {
    const auto answer =
        store->read_test_write(update("version " + std::to_string(i - 1), "version " + std::to_string(i)));
    ASSERT_EQ(answer.status, storage_status::ok) << i;
    EXPECT_EQ(answer.reads, (grid::share_reads{{{0}, {text("version " + std::to_string(i - 1))}}}));
  }
  EXPECT_EQ(store->read_test_write(update("version 19", "late")).status, storage_status::test_failed);
  EXPECT_EQ(files_.calls("list"), lists);
  EXPECT_EQ(files_.calls("open"), opens);
  EXPECT_EQ(files_.calls("read"), reads);
}

TEST_F(counted_store, an_update_takes_nine_calls_of_the_file_system) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(update("", "one")).status, storage_status::ok);
  ASSERT_EQ(store->read_test_write(update("one", "two")).status, storage_status::ok);
  const auto calls = files_.calls();
  ASSERT_EQ(store->read_test_write(update("two", "ten")).status, storage_status::ok);
  // Folder, file, id; open the spare file, write, look at, close; exchange; folder again. The lock here costs none.
  EXPECT_EQ(files_.calls() - calls, 9U);
}

TEST_F(counted_store, a_read_gives_what_is_on_the_disk) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(update("", "one")).status, storage_status::ok);
  const auto reads = files_.calls("read");
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "one"}}));
  EXPECT_EQ(files_.calls("read"), reads + 1) << "the data, and nothing else of the container";
}

TEST_F(counted_store, what_does_not_fit_into_its_memory_is_read_again) {
  store_limits limits;
  limits.remembered_bytes_max = 0;
  const auto store = open(limits);
  ASSERT_EQ(store->read_test_write(update("", "one")).status, storage_status::ok);
  const auto lists = files_.calls("list");
  ASSERT_EQ(store->read_test_write(update("one", "two")).status, storage_status::ok);
  EXPECT_EQ(files_.calls("list"), lists + 1);
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "two"}}));
}

TEST_F(counted_store, asks_for_its_room_once_a_second_while_there_is_plenty) {
  store_limits limits;
  limits.spare_bytes_max = 0; // they are room, too
  const auto store = open(limits);
  const auto asked = [this] { return files_.calls("ask the space of"); };
  const auto before = asked();
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(store->read_test_write(request(slot, {write_share(0, 0, std::to_string(i))})).status,
              storage_status::ok);
  EXPECT_EQ(asked(), before + 1);
  ++now_;
  files_.set_available(std::uint64_t{100} << 20);
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(store->read_test_write(request(slot, {write_share(0, 0, std::to_string(i))})).status,
              storage_status::ok);
  EXPECT_EQ(asked(), before + 11) << "where it is little it is asked each time";
  files_.set_available(100);
  EXPECT_EQ(store->read_test_write(request(slot, {write_share(0, 0, "x")})).status, storage_status::no_space);
}

TEST_F(counted_store, what_it_wrote_itself_counts_against_the_room_it_knows) {
  files_.set_available(std::uint64_t{276} << 20);
  const auto store = open();
  const std::string much(std::size_t{1} << 20, 'x');
  const auto before = files_.calls("ask the space of");
  for (int i = 0; i < 30; ++i)
    ASSERT_EQ(store->read_test_write(request(slot, {write_share(0, 0, much)})).status, storage_status::ok);
  EXPECT_GT(files_.calls("ask the space of"), before + 1);
}

TEST_F(meddled_store, a_share_that_was_replaced_is_seen) {
  auto other = content();
  other[468] = std::byte{'T'};
  put(folder_.path() / "draft", other);
  fs::rename(folder_.path() / "draft", file());
  EXPECT_EQ(store_->read_test_write(update("two", "three")).status, storage_status::test_failed);
  EXPECT_EQ(store_->read_test_write(update("Two", "three")).status, storage_status::ok);
}

TEST_F(meddled_store, a_share_that_was_written_over_in_place_is_seen) {
  auto other = content();
  other[468] = std::byte{'T'};
  put(file(), other);
  EXPECT_EQ(store_->read_test_write(update("two", "three")).status, storage_status::test_failed);
  EXPECT_EQ(store_->read_test_write(update("Two", "three")).status, storage_status::ok);
}

TEST_F(meddled_store, another_write_enabler_in_a_file_is_the_one_that_counts) {
  auto other = content();
  other[52] ^= std::byte{1};
  put(file(), other);
  EXPECT_EQ(store_->read_test_write(update("two", "three")).status, storage_status::bad_write_enabler);
}

TEST_F(meddled_store, a_share_that_came_and_one_that_went_are_seen) {
  fs::copy_file(file(), file(5));
  EXPECT_EQ(contents(*store_, slot), (std::map<int, std::string>{{0, "two"}, {5, "two"}}));
  ASSERT_EQ(store_->read_test_write(update("two", "three", 5)).status, storage_status::ok);
  fs::remove(file());
  EXPECT_EQ(contents(*store_, slot), (std::map<int, std::string>{{5, "three"}}));
  ASSERT_EQ(store_->read_test_write(update("", "new")).status, storage_status::ok);
  EXPECT_EQ(contents(*store_, slot), (std::map<int, std::string>{{0, "new"}, {5, "three"}}));
}

TEST_F(meddled_store, a_slot_that_was_removed_is_seen) {
  fs::remove_all(file().parent_path());
  EXPECT_TRUE(contents(*store_, slot).empty());
  EXPECT_EQ(store_->read_test_write(update("two", "three")).status, storage_status::test_failed);
}

TEST_F(meddled_store, a_share_that_was_damaged_is_not_written_to) {
  fs::resize_file(file(), 100);
  EXPECT_EQ(store_->read_test_write(update("two", "three")).status, storage_status::corrupt);
  EXPECT_EQ(content().size(), 100U);
}

TEST_F(meddled_store, files_of_others_that_came_meanwhile_stay) {
  put(file().parent_path() / "notes", as_bytes("mine"));
  ASSERT_EQ(store_->read_test_write(request(slot, {write_share(0, 0, "A"), write_share(1, 0, "B")})).status,
            storage_status::ok);
  ASSERT_EQ(store_->read_test_write(request(slot, {delete_share(0), delete_share(1)})).status,
            storage_status::ok);
  EXPECT_EQ(as_text(read_file(file().parent_path() / "notes")), "mine");
}
