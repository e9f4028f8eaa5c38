#include "storage/mount_namespace.hpp"
#include "storage/store_test_support.hpp"

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;
namespace fs = std::filesystem;

namespace {

const std::map<int, std::string> shares_of_the_image{{0, "o0"}, {1, "o1"}, {2, "o2"}};

/// A container: a store that came with its image, seen through an overlay with an empty layer above.
class overlay_store : public testing::Test {
protected:
  result<std::unique_ptr<share_store>> open(const fs::path& where) {
    return open_disk_store(
        {where, {}, durability::full, false}, [] { return test_time; }, random_);
  }

  /// False where no overlay can be mounted.
  bool start_container() {
    const auto image = folder_.path() / "image";
    {
      const auto store = open(image / "store");
      for (int i = 0; i < 8; ++i) {
        const auto made =
            request(slot(i), {write_share(0, 0, "o0"), write_share(1, 0, "o1"), write_share(2, 0, "o2")});
        EXPECT_EQ((*store)->read_test_write(made).status, storage_status::ok);
      }
    }
    for (const char* name : {"upper", "work", "root"})
      fs::create_directories(folder_.path() / name);
    const auto options = "lowerdir=" + image.string() + ",upperdir=" + (folder_.path() / "upper").string() +
                         ",workdir=" + (folder_.path() / "work").string();
    return ::mount("overlay", store().parent_path().c_str(), "overlay", 0, options.c_str()) == 0 ||
           ::mount("overlay", store().parent_path().c_str(), "overlay", 0,
                   (options + ",userxattr").c_str()) == 0;
  }
  fs::path store() const { return folder_.path() / "root/store"; }
  static storage_index slot(int number) { return filled<storage_index>(number + 1); }

  temporary_directory folder_;
  seeded_random random_{3};
};

} // namespace

TEST_F(overlay_store, shares_of_the_image_change_as_any_others_do) {
  with_own_mounts([this] {
    if (!start_container())
      return false;
    const auto change = [](share_store& store, int number, std::vector<grid::share_change> changes) {
      const auto answer = store.read_test_write(request(slot(number), std::move(changes)));
      EXPECT_EQ(answer.status, storage_status::ok) << "slot " << number << ": " << answer.detail;
    };
    const auto expect_changed = [](share_store& store) {
      EXPECT_EQ(contents(store, slot(0)), (std::map<int, std::string>{{0, "n0"}, {1, "n1"}, {2, "n2"}}));
      EXPECT_EQ(contents(store, slot(1)), (std::map<int, std::string>{{0, "n0"}, {2, "o2"}, {4, "n4"}}));
      EXPECT_EQ(contents(store, slot(2)), (std::map<int, std::string>{}));
      EXPECT_EQ(contents(store, slot(3)), (std::map<int, std::string>{{0, "n0"}, {1, "n1"}, {2, "o2"}}));
      EXPECT_EQ(contents(store, slot(4)), (std::map<int, std::string>{{0, "n0"}, {1, "o1"}, {2, "o2"}}));
      EXPECT_EQ(contents(store, slot(5)), (std::map<int, std::string>{{1, "o1"}, {2, "o2"}}));
      EXPECT_EQ(contents(store, slot(6)), (std::map<int, std::string>{{7, "again"}}));
      EXPECT_EQ(contents(store, slot(7)), shares_of_the_image);
      EXPECT_EQ(store.leases(slot(7))->at({2}).size(), 2U);
    };
    {
      const auto opened = open(store());
      EXPECT_TRUE(opened) << to_string(opened.error());
      if (!opened)
        return true;
      auto& store = **opened;
      EXPECT_EQ(contents(store, slot(0)), shares_of_the_image);
      change(store, 0, {write_share(0, 0, "n0"), write_share(1, 0, "n1"), write_share(2, 0, "n2")});
      change(store, 1, {write_share(0, 0, "n0"), delete_share(1), write_share(4, 0, "n4")});
      change(store, 2, {delete_share(0), delete_share(1), delete_share(2)});
      change(store, 3, {write_share(0, 0, "n0")}); // then as a folder whose files lie in both layers
      change(store, 3, {write_share(0, 0, "n0"), write_share(1, 0, "n1")});
      change(store, 4, {write_share(0, 0, "n0")});
      change(store, 5, {delete_share(0)});
      EXPECT_EQ(store.expire(slot(6), test_time + 40 * 24 * 3600, {}, false)->removed.size(), 3U);
      change(store, 6, {write_share(7, 0, "again")});
      EXPECT_EQ(store.add_lease(slot(7), filled<server_secret>(8), filled<server_secret>(8)).status,
                storage_status::ok);
      expect_changed(store);
      EXPECT_EQ(store.info().slots, 7U);
    }
    EXPECT_TRUE(fs::is_empty(store() / "truckee-aside"));
    const auto again = open(store());
    EXPECT_TRUE(again) << to_string(again.error());
    if (again)
      expect_changed(**again);
    return true;
  });
}

TEST_F(overlay_store, a_change_that_a_crash_interrupted_is_gone_on_with_when_it_is_opened) {
  with_own_mounts([this] {
    if (!start_container())
      return false;
    // As it is found when a process is killed while the folder of slot 0 is made anew: one file's name has gone.
    const auto live = share_path(store(), slot(0), 0).parent_path();
    const auto lifted = store() / "truckee-aside" / ("lifted-" + live.filename().string());
    fs::create_directory(lifted);
    for (const char* name : {"0", "1", "2"})
      fs::create_hard_link(live / name, lifted / name);
    fs::remove(live / "1");
    const auto refused = open_disk_store(
        {.directory = store(), .limits = {}, .durability = durability::full, .read_only = true},
        [] { return test_time; }, random_);
    const auto why =
        refused ? std::string("opened, and a share would seem to be missing") : refused.error().detail;
    EXPECT_NE(why.find("once for writing"), std::string::npos) << why;
    const auto opened = open(store());
    EXPECT_TRUE(opened) << to_string(opened.error());
    if (opened) {
      EXPECT_EQ(contents(**opened, slot(0)), shares_of_the_image);
    }
    EXPECT_TRUE(fs::is_empty(store() / "truckee-aside"));
    return true;
  });
}
