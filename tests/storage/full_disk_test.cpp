#include "storage/fault_file_system.hpp"
#include "storage/store_test_support.hpp"
#include "truckee/storage/container.hpp"

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;

namespace {

const storage_index slot = filled<storage_index>(7);
const std::map<int, std::string> before{{0, "o0"}, {1, "o1"}, {2, "o2"}};

/// A store on a disk that has become full: not one byte, file or folder more.
class full_disk : public testing::Test {
protected:
  full_disk() {
    const auto store = open();
    EXPECT_EQ(store
                  ->read_test_write(request(
                      slot, {write_share(0, 0, "o0"), write_share(1, 0, "o1"), write_share(2, 0, "o2")}))
                  .status,
              storage_status::ok);
    files_.fill();
  }
  std::unique_ptr<share_store> open() {
    auto out = open_disk_store(
        {"/srv/grid/0", {}, durability::full, false}, [this] { return now_; }, random_, files_);
    EXPECT_TRUE(out) << to_string(out.error());
    return std::move(*out);
  }

  fault_file_system files_;
  seeded_random random_{5};
  std::uint64_t now_ = test_time;
};

} // namespace

TEST_F(full_disk, is_opened_and_read_again_after_a_restart) {
  const auto store = open();
  EXPECT_EQ(contents(*store, slot), before);
  files_.fill(false);
  EXPECT_EQ(store->read_test_write(request(slot, {write_share(0, 0, "n0"), write_share(1, 0, "n1")})).status,
            storage_status::ok);
}

TEST_F(full_disk, a_write_is_told_that_it_is_full_and_loses_nothing) {
  const auto store = open();
  for (const auto& changes : std::vector<std::vector<grid::share_change>>{
           {write_share(0, 0, "n0")},
           {write_share(5, 0, "n5")},
           {write_share(0, 0, "n0"), write_share(1, 0, "n1"), write_share(2, 0, "n2")},
           {write_share(0, 0, "n0"), delete_share(1)}}) {
    const auto answer = store->read_test_write(request(slot, changes));
    EXPECT_EQ(answer.status, storage_status::no_space) << answer.detail;
    EXPECT_NE(answer.detail.find("No space left on device"), std::string::npos) << answer.detail;
    EXPECT_EQ(contents(*store, slot), before);
  }
  const auto elsewhere = store->read_test_write(request(filled<storage_index>(9), {write_share(0, 0, "n0")}));
  EXPECT_EQ(elsewhere.status, storage_status::no_space) << elsewhere.detail;
  EXPECT_EQ(store->info().slots, 1U);
}

TEST_F(full_disk, leases_are_renewed) {
  const auto store = open();
  now_ += 1'000;
  const auto answer = store->add_lease(slot, filled<server_secret>(2), filled<server_secret>(3));
  EXPECT_EQ(answer.status, storage_status::ok) << answer.detail;
  EXPECT_EQ(store->add_lease(slot, filled<server_secret>(8), filled<server_secret>(8)).status,
            storage_status::ok);
  const auto again = files_.calls("sync");
  files_.crash(fault_file_system::survival::nothing, 1);
  files_.fill();
  EXPECT_GE(again, 6U) << "three shares, twice";
  const auto held = open()->leases(slot);
  for (const auto& [share, leases] : *held) {
    ASSERT_EQ(leases.size(), 2U);
    EXPECT_EQ(leases[0].expires, test_time + 1'000 + lease_seconds);
  }
}

TEST_F(full_disk, shares_are_let_go_though_others_of_their_slot_stay) {
  const auto store = open();
  files_.fill(false);
  now_ += 1'000;
  ASSERT_EQ(store->read_test_write(request(slot, {write_share(2, 0, "o2")})).status, storage_status::ok);
  files_.fill();
  const auto done = store->expire(slot, test_time + lease_seconds + 100, {.grace_seconds = 100}, false);
  ASSERT_TRUE(done) << to_string(done.error());
  EXPECT_EQ(done->removed, (std::vector<share_number>{{0}, {1}}));
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{2, "o2"}}));
  EXPECT_EQ(store->expire(slot, test_time + lease_seconds + 5'000, {}, false)->removed.size(), 1U);
  EXPECT_EQ(store->info().slots, 0U);
}
