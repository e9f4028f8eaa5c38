#include "storage/fault_file_system.hpp"
#include "storage/store_test_support.hpp"

#include "truckee/storage/container.hpp"

#include <cerrno>

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;

/// Shares that are brought in pieces, on both stores: true is the disk.
class staged_shares : public testing::TestWithParam<bool> {
protected:
  std::unique_ptr<share_store> open(store_limits limits = {},
                                    std::uint64_t capacity = std::uint64_t{1} << 40) {
    return pair_.make(GetParam(), limits, capacity);
  }
  std::size_t files_aside() const {
    const std::filesystem::directory_iterator all(pair_.folder.path() / "truckee-aside");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  store_pair pair_;
  storage_index slot_ = filled<storage_index>(7);
};

INSTANTIATE_TEST_SUITE_P(both, staged_shares, testing::Bool(),
                         [](const auto& which) { return which.param ? "disk" : "memory"; });

using shares_now = std::map<int, std::string>;

TEST_P(staged_shares, nobody_sees_the_pieces_before_a_write_makes_a_share_of_them) {
  const auto store = open();
  for (const auto& [offset, data] : std::vector<std::pair<std::uint64_t, std::string>>{
           {6, "second"}, {0, "first "}, {12, " third"}, {6, "SECOND"}})
    EXPECT_EQ(store->stage(piece(slot_, 3, offset, data)).status, storage_status::ok);
  EXPECT_TRUE(contents(*store, slot_).empty());
  EXPECT_EQ(store->info().slots, 0U);
  EXPECT_TRUE(store->slots()->empty());
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(3)})).status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{3, "first SECOND third"}}));
  EXPECT_EQ(store->info().slots, 1U);
}

TEST_P(staged_shares, what_no_piece_brought_is_zeros) {
  const auto store = open();
  ASSERT_EQ(store->stage(piece(slot_, 0, 3'000'000, "end")).status, storage_status::ok);
  ASSERT_EQ(store->stage(piece(slot_, 0, 2, "ab")).status, storage_status::ok);
  ASSERT_EQ(store->stage(piece(slot_, 0, 3'000'010, "")).status, storage_status::ok);
  ASSERT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::ok);
  std::string expected(3'000'010, '\0');
  expected.replace(2, 2, "ab").replace(3'000'000, 3, "end");
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, expected}}));
}

TEST_P(staged_shares, writes_go_over_it_and_the_new_length_cuts) {
  const auto store = open();
  const auto make = [&](std::optional<std::uint64_t> new_length,
                        const std::vector<std::pair<std::uint64_t, std::string>>& writes) {
    EXPECT_EQ(store->stage(piece(slot_, 0, 0, "0123456789")).status, storage_status::ok);
    auto change = of_staged(0);
    change.new_length = new_length;
    for (const auto& [offset, data] : writes)
      change.writes.push_back({offset, text(data)});
    EXPECT_EQ(store->read_test_write(request(slot_, {change})).status, storage_status::ok);
    return contents(*store, slot_)[0];
  };
  EXPECT_EQ(make({}, {{0, "HE"}, {8, "X"}}), "HE234567X9");
  EXPECT_EQ(make({}, {{12, "beyond"}}), std::string("0123456789\0\0beyond", 18));
  EXPECT_EQ(make(4, {{0, "HE"}}), "HE23");
  EXPECT_EQ(make(20, {}), "0123456789");
  EXPECT_EQ(make(1, {}), "0");
  if (GetParam()) {
    EXPECT_EQ(std::filesystem::file_size(share_path(pair_.folder.path(), slot_, 0)),
              container_head_size + 1 + 4)
        << "nothing of what was cut is kept";
  }
}

TEST_P(staged_shares, nothing_of_the_old_share_stays_but_its_leases_and_who_recorded_the_enabler) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, std::string(100, 'o'))})).status,
            storage_status::ok);
  for (const int secret : {8, 9, 10, 11, 12})
    ASSERT_EQ(store->add_lease(slot_, filled<server_secret>(secret), filled<server_secret>(secret)).status,
              storage_status::ok);
  pair_.now += 1000;
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "new")).status, storage_status::ok);
  ASSERT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "new"}}));
  const auto leases = store->leases(slot_)->at({0});
  ASSERT_EQ(leases.size(), 6U);
  EXPECT_EQ(leases[0].expires, pair_.now + lease_seconds) << "renewed, as by any write";
  EXPECT_EQ(leases[5].expires, test_time + lease_seconds);
  EXPECT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "x")}, 99)).status,
            storage_status::bad_write_enabler);
}

TEST_P(staged_shares, several_come_to_be_with_plain_ones_in_one_write) {
  const auto store = open();
  ASSERT_EQ(store
                ->read_test_write(request(slot_, {write_share(0, 0, "o0"), write_share(1, 0, "o1"),
                                                  write_share(2, 0, "o2"), write_share(3, 0, "o3")}))
                .status,
            storage_status::ok);
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "n0")).status, storage_status::ok);
  ASSERT_EQ(store->stage(piece(slot_, 7, 0, "n7")).status, storage_status::ok);
  ASSERT_EQ(store
                ->read_test_write(
                    request(slot_, {of_staged(0), write_share(1, 1, "N"), delete_share(2), of_staged(7)}))
                .status,
            storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "n0"}, {1, "oN"}, {3, "o3"}, {7, "n7"}}));
}

TEST_P(staged_shares, what_is_not_there_is_told_and_nothing_is_written) {
  const auto store = open();
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "n0")).status, storage_status::ok);
  const auto expect_missing = [&](const grid::share_change& change) {
    const auto answer = store->read_test_write(request(slot_, {write_share(9, 0, "9"), change}));
    EXPECT_EQ(answer.status, storage_status::not_found);
    EXPECT_NE(answer.detail.find("bring it again"), std::string::npos) << answer.detail;
    EXPECT_NE(answer.detail.find("share " + std::to_string(change.share.value)), std::string::npos);
    EXPECT_TRUE(contents(*store, slot_).empty());
  };
  expect_missing(of_staged(1));
  expect_missing(of_staged(0, 77));
  EXPECT_EQ(store->read_test_write(request(filled<storage_index>(8), {of_staged(0)})).status,
            storage_status::not_found);
  ASSERT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::ok);
  const auto again = store->read_test_write(request(slot_, {of_staged(0)}));
  EXPECT_EQ(again.status, storage_status::not_found) << "it is a share now";
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "n0"}}));
}

TEST_P(staged_shares, two_of_one_share_are_two) {
  const auto store = open();
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "mine", 1)).status, storage_status::ok);
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "theirs", 2)).status, storage_status::ok);
  ASSERT_EQ(store->read_test_write(request(slot_, {of_staged(0, 1)})).status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "mine"}}));
  ASSERT_EQ(store->read_test_write(request(slot_, {of_staged(0, 2)})).status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "theirs"}}));
}

TEST_P(staged_shares, a_write_that_is_refused_leaves_what_was_staged_to_be_tried_again) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "old")})).status, storage_status::ok);
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "new")).status, storage_status::ok);
  auto change = of_staged(0);
  change.tests.push_back({0, 3, text("???")});
  auto asked = request(slot_, {change});
  asked.reads.push_back({0, 100});
  const auto failed = store->read_test_write(asked);
  EXPECT_EQ(failed.status, storage_status::test_failed);
  EXPECT_EQ(as_text(failed.reads.at({0}).at(0).view()), "old");
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)}, 99)).status,
            storage_status::bad_write_enabler);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "old"}}));
  asked.changes[0].tests[0].specimen = text("old");
  EXPECT_EQ(store->read_test_write(asked).status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "new"}}));
}

TEST_P(staged_shares, absurd_pieces_and_changes_are_refused) {
  store_limits limits;
  limits.share_bytes_max = 1000;
  const auto store = open(limits);
  EXPECT_EQ(store->stage(piece(slot_, 0, ~std::uint64_t{0}, "x")).status, storage_status::malformed);
  EXPECT_EQ(store->stage(piece(slot_, 0, 999, "xx")).status, storage_status::too_large);
  EXPECT_EQ(store->stage(piece(slot_, 0, 1001, "")).status, storage_status::too_large);
  EXPECT_EQ(store->stage(piece(slot_, 0, 999, "x")).status, storage_status::ok);
  auto both = of_staged(0);
  both.new_length = 0;
  EXPECT_EQ(store->read_test_write(request(slot_, {both})).status, storage_status::malformed);
  store->use({.reserved_space = 0, .share_bytes_max = 999, .read_only = false});
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::too_large);
  store->use({.reserved_space = 0, .share_bytes_max = 1000, .read_only = true});
  EXPECT_EQ(store->stage(piece(slot_, 1, 0, "x")).status, storage_status::read_only);
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::read_only);
  store->use({.reserved_space = 0, .share_bytes_max = 1000, .read_only = false});
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::ok);
}

TEST_P(staged_shares, what_is_let_go_is_gone_and_its_room_is_free) {
  const auto store = open({}, 100'000);
  const auto room = store->info().bytes_available;
  const std::string data(60'000, 'x');
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, data)).status, storage_status::ok);
  if (GetParam()) {
    EXPECT_EQ(files_aside(), 1U);
  } else {
    EXPECT_LE(store->info().bytes_available, room - data.size());
    const auto more = store->stage(piece(slot_, 1, 0, data));
    EXPECT_EQ(more.status, storage_status::no_space) << "as long as it is gone on with";
    EXPECT_EQ(more.bytes_available, store->info().bytes_available);
  }
  EXPECT_EQ(store->stage(let_go(slot_, 0)).status, storage_status::ok);
  EXPECT_EQ(store->stage(let_go(slot_, 0)).status, storage_status::ok) << "it is not there, as asked";
  if (GetParam()) {
    EXPECT_EQ(files_aside(), 0U);
  } else {
    EXPECT_EQ(store->info().bytes_available, room);
  }
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::not_found);
  EXPECT_EQ(store->stage(piece(slot_, 1, 0, data)).status, storage_status::ok);
}

TEST_P(staged_shares, the_room_that_is_left_to_others_is_not_for_them) {
  const auto store = open({}, 100'000);
  store->use({.reserved_space = 9'999'999'999'999'999, .share_bytes_max = 5000, .read_only = false});
  EXPECT_EQ(store->stage(piece(slot_, 0, 0, "x")).status, storage_status::no_space);
}

TEST_P(staged_shares, what_nobody_goes_on_with_is_let_go_after_a_quarter_of_an_hour) {
  const auto store = open();
  const auto there = [&](int share) {
    return store->read_test_write(request(slot_, {of_staged(share)})).status == storage_status::ok;
  };
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "a")).status, storage_status::ok);
  ASSERT_EQ(store->stage(piece(slot_, 1, 0, "b")).status, storage_status::ok);
  pair_.now += 800;
  ASSERT_EQ(store->stage(piece(slot_, 1, 1, "b")).status, storage_status::ok);
  store->let_go_idle();
  if (GetParam()) {
    EXPECT_EQ(files_aside(), 2U);
  }
  pair_.now += 100;
  store->let_go_idle();
  EXPECT_FALSE(there(0));
  EXPECT_TRUE(there(1));
}

TEST_P(staged_shares, where_others_want_room_the_oldest_goes_once_it_was_silent_for_a_minute) {
  store_limits limits;
  limits.stagings_max = 2;
  const auto store = open(limits);
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "a")).status, storage_status::ok);
  pair_.now += 30;
  ASSERT_EQ(store->stage(piece(slot_, 1, 0, "b")).status, storage_status::ok);
  const auto refused = store->stage(piece(slot_, 2, 0, "c"));
  EXPECT_EQ(refused.status, storage_status::refused);
  EXPECT_NE(refused.detail.find("2 shares"), std::string::npos) << refused.detail;
  EXPECT_EQ(store->stage(piece(slot_, 1, 1, "b")).status, storage_status::ok) << "one that is there goes on";
  pair_.now += 30;
  EXPECT_EQ(store->stage(piece(slot_, 2, 0, "c")).status, storage_status::ok);
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::not_found);
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(1), of_staged(2)})).status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{1, "bb"}, {2, "c"}}));
}

TEST_P(staged_shares, a_clock_that_goes_back_lets_nothing_go_and_keeps_nothing_for_ever) {
  const auto store = open();
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "a")).status, storage_status::ok);
  pair_.now -= 100'000;
  store->let_go_idle();
  pair_.now += 900;
  store->let_go_idle();
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::not_found);
}

namespace {

/// A store on a disk that can be looked at, and breaks on demand.
class staged_on_disk : public testing::Test {
protected:
  std::unique_ptr<share_store> open(store_limits limits = {}) {
    auto out = open_disk_store(
        {"/srv/grid/0", limits, durability::full, false}, [this] { return now_; }, random_, files_);
    EXPECT_TRUE(out) << to_string(out.error());
    return std::move(*out);
  }
  std::size_t files_aside() { return files_.list("/srv/grid/0/truckee-aside")->size(); }
  std::uint64_t bytes_written(const std::function<storage_status()>& act) {
    const auto before = files_.bytes_written();
    EXPECT_EQ(act(), storage_status::ok);
    return files_.bytes_written() - before;
  }

  fault_file_system files_;
  seeded_random random_{5};
  std::uint64_t now_ = test_time;
  const storage_index slot_ = filled<storage_index>(7);
};

} // namespace

TEST_F(staged_on_disk, nothing_of_it_is_copied) {
  const auto store = open();
  const std::string data(1 << 20, 'x');
  for (const auto& changes :
       {std::vector{of_staged(0)}, std::vector{of_staged(0)}, std::vector{of_staged(0), of_staged(1)}}) {
    for (const auto& change : changes)
      EXPECT_EQ(bytes_written([&] { return store->stage(piece(slot_, change.share.value, 0, data)).status; }),
                data.size());
    EXPECT_EQ(bytes_written([&] { return store->read_test_write(request(slot_, changes)).status; }),
              changes.size() * (container_head_size + 4));
  }
}

TEST_F(staged_on_disk, pieces_cost_no_fsync) {
  const auto store = open();
  const auto before = files_.syncs();
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(store->stage(piece(slot_, 0, 10U * static_cast<unsigned>(i), "0123456789")).status,
              storage_status::ok);
  EXPECT_EQ(files_.syncs(), before);
  EXPECT_EQ(files_.calls("write out"), 10U) << "and are with the disk before the last one comes";
}

TEST_F(staged_on_disk, no_file_is_open_between_two_pieces) {
  const auto store = open();
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "a")).status, storage_status::ok);
  EXPECT_EQ(files_.calls("close"), files_.calls("create") + files_.calls("go on with"));
}

TEST_F(staged_on_disk, a_restart_leaves_nothing_of_it) {
  ASSERT_EQ(open()->stage(piece(slot_, 0, 0, "a")).status, storage_status::ok);
  EXPECT_EQ(files_aside(), 0U) << "it goes with the store";
  {
    const auto store = open();
    ASSERT_EQ(store->stage(piece(slot_, 0, 0, "a")).status, storage_status::ok);
    EXPECT_EQ(files_aside(), 1U);
    files_.crash(fault_file_system::survival::everything, 1);
  }
  const auto store = open();
  EXPECT_EQ(files_aside(), 0U);
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::not_found);
}

TEST_F(staged_on_disk, a_full_disk_is_told_and_what_was_brought_makes_room) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "old")})).status, storage_status::ok);
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "new")).status, storage_status::ok);
  files_.fill();
  const auto piece_refused = store->stage(piece(slot_, 0, 3, "new"));
  EXPECT_EQ(piece_refused.status, storage_status::no_space);
  EXPECT_NE(piece_refused.detail.find("No space left"), std::string::npos) << piece_refused.detail;
  EXPECT_EQ(files_aside(), 0U);
  EXPECT_EQ(store->stage(piece(slot_, 0, 0, "new")).status, storage_status::no_space);

  files_.fill(false);
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "new")).status, storage_status::ok);
  files_.fill();
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::no_space);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "old"}}));
  EXPECT_EQ(files_aside(), 0U);
  files_.fill(false);
  EXPECT_EQ(store->read_test_write(request(slot_, {of_staged(0)})).status, storage_status::not_found);
}

TEST_F(staged_on_disk, a_write_that_finds_no_room_gets_that_of_one_that_is_silent) {
  store_limits limits;
  limits.reserved_space = 1'000'000;
  const auto store = open(limits);
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, std::string(1000, 'x'))).status, storage_status::ok);
  files_.set_available(1'000'100);
  ++now_; // the room is asked for once a second
  const auto other = filled<storage_index>(8);
  EXPECT_EQ(store->read_test_write(request(other, {write_share(0, 0, "x")})).status,
            storage_status::no_space);
  EXPECT_EQ(files_aside(), 1U);
  now_ += 60;
  // The disk here does not count: only that it was let go can be seen.
  EXPECT_EQ(store->read_test_write(request(other, {write_share(0, 0, "x")})).status,
            storage_status::no_space);
  EXPECT_EQ(files_aside(), 0U);
}

TEST_F(staged_on_disk, what_is_being_made_a_share_of_is_let_go_by_nobody) {
  const auto store = open();
  ASSERT_EQ(store->stage(piece(slot_, 0, 0, "new")).status, storage_status::ok);
  const auto write = store->begin_write(request(slot_, {of_staged(0)}));
  ASSERT_FALSE(write->wishes().empty());
  now_ += 10'000;
  store->let_go_idle();
  settle(*store->disk(), *write);
  EXPECT_EQ(write->answer().status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_), (shares_now{{0, "new"}}));
}

/// The disk may have lost what was written before, and nobody has it to write it again: neither the room of spare files nor
/// shorter neighbours help.
TEST_F(staged_on_disk, what_the_disk_could_not_take_is_never_made_a_share_of) {
  bool at_sync = false;
  bool at_write_out = false;
  for (std::uint64_t at = 0; !at_sync; ++at) {
    const auto store = open();
    const auto slot = filled<storage_index>(static_cast<int>(at % 200));
    for (const char* content : {"one", "two", "three"}) // leaves a spare file
      ASSERT_EQ(store->read_test_write(request(slot, {write_share(0, 0, content)})).status,
                storage_status::ok);
    files_.fail_call(at, ENOSPC);
    const auto brought = store->stage(piece(slot, 0, 0, "new"));
    const auto call = files_.last_call();
    if (call.starts_with("write out")) {
      at_write_out = true;
      EXPECT_EQ(brought.status, storage_status::no_space);
    }
    if (brought.status != storage_status::ok)
      continue;
    const auto made = store->read_test_write(request(slot, {of_staged(0)}));
    if (files_.last_call().starts_with("sync /srv/grid/0/truckee-aside")) {
      at_sync = true;
      EXPECT_EQ(made.status, storage_status::no_space) << made.detail;
      EXPECT_EQ(contents(*store, slot), (shares_now{{0, "three"}}));
      EXPECT_EQ(store->read_test_write(request(slot, {of_staged(0)})).status, storage_status::not_found);
    }
    files_.heal();
    ASSERT_LT(at, 200U);
  }
  EXPECT_TRUE(at_write_out);
}
