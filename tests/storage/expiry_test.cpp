#include "truckee/storage/expiry.hpp"

#include "storage/store_test_support.hpp"

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;

namespace {

slot_expiry found(std::vector<share_number> removed, std::uint64_t bytes, std::size_t kept = 0) {
  slot_expiry out;
  out.removed = std::move(removed);
  out.bytes_freed = bytes;
  out.kept = kept;
  return out;
}

/// Looks at the whole store, as the actor does.
expiry_report look(share_store& store, std::uint64_t now, const expiry_settings& settings) {
  expiry_scan scan(settings.mode, store.slots().value());
  while (const auto slot = scan.next())
    scan.took(*slot, store.expire(*slot, now, settings.policy(), settings.mode != expiry_mode::on));
  return scan.report();
}

} // namespace

TEST(expiry_scan, goes_through_every_slot_once_and_sums_up) {
  const auto a = filled<storage_index>(1);
  const auto b = filled<storage_index>(2);
  const auto c = filled<storage_index>(3);
  expiry_scan scan(expiry_mode::on, {a, b, c});
  EXPECT_EQ(scan.next(), a);
  scan.took(a, found({{0}, {4}}, 1000, 1));
  EXPECT_EQ(scan.next(), b);
  scan.took(b, found({}, 0, 3));
  EXPECT_EQ(scan.next(), c);
  scan.took(c, fail(errc::io, "the disk is gone"));
  EXPECT_EQ(scan.next(), std::nullopt);
  const auto& sum = scan.report();
  EXPECT_EQ(sum.slots, 3U);
  EXPECT_EQ(sum.shares, 2U);
  EXPECT_EQ(sum.bytes, 1000U);
  EXPECT_EQ(sum.kept, 4U);
  EXPECT_EQ(sum.failed, 1U);
  ASSERT_EQ(sum.named.size(), 1U);
  EXPECT_EQ(sum.named[0].slot, a);
  const auto text = to_text(sum);
  EXPECT_NE(text.find("removed: " + crypto::to_base32(a.view()) + " shares 0 4, 1000 bytes\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("looked at 3 slots; 2 shares removed, 1000 bytes; 4 shares kept; 1 failure"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("the disk is gone"), std::string::npos) << text;
}

TEST(expiry_scan, a_dry_run_says_what_would_go) {
  expiry_scan scan(expiry_mode::dry_run, {filled<storage_index>(1)});
  auto what = found({{7}}, 1);
  what.unreadable.emplace(share_number{2}, "not a container");
  scan.took(*scan.next(), what);
  const auto text = to_text(scan.report());
  EXPECT_NE(text.find("kept by the dry run: "), std::string::npos) << text;
  EXPECT_NE(text.find(" share 7, 1 byte\n"), std::string::npos) << text;
  EXPECT_NE(text.find("1 share would go, 1 byte; 0 shares kept; 1 share unreadable and kept\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("removed"), std::string::npos) << text;
}

TEST(expiry_scan, a_report_does_not_grow_with_the_store) {
  const std::vector<storage_index> slots(expiry_report::named_max + 5, filled<storage_index>(1));
  expiry_scan scan(expiry_mode::on, slots);
  while (const auto slot = scan.next())
    scan.took(*slot, found({{0}}, 10));
  EXPECT_EQ(scan.report().named.size(), expiry_report::named_max);
  EXPECT_EQ(scan.report().slots_not_named, 5U);
  EXPECT_EQ(scan.report().shares, slots.size());
  EXPECT_NE(to_text(scan.report()).find("and 5 more slots\n"), std::string::npos);
}

class expiry : public ::testing::TestWithParam<bool> {
protected:
  store_pair pair_;
  storage_index old_ = filled<storage_index>(1);
  storage_index fresh_ = filled<storage_index>(2);
  std::unique_ptr<share_store> store_ = pair_.make(GetParam());

  void write(const storage_index& slot, int share) {
    ASSERT_EQ(store_->read_test_write(request(slot, {write_share(share, 0, "x")})).status,
              grid::storage_status::ok);
  }
};

TEST_P(expiry, removes_what_ended_by_the_clock_given_and_keeps_every_share_with_a_valid_lease) {
  write(old_, 0);
  pair_.now += 10 * lease_seconds;
  write(fresh_, 1);
  write(old_, 5);
  const expiry_settings settings{.mode = expiry_mode::on, .grace = std::chrono::seconds(lease_seconds)};
  const auto ends = test_time + lease_seconds;
  EXPECT_EQ(look(*store_, ends + lease_seconds - 1, settings).shares, 0U) << "the grace is not over";
  const auto done = look(*store_, ends + lease_seconds, settings);
  EXPECT_EQ(done.shares, 1U);
  EXPECT_EQ(done.kept, 2U);
  EXPECT_EQ(contents(*store_, old_), (std::map<int, std::string>{{5, "x"}}));
  EXPECT_EQ(contents(*store_, fresh_), (std::map<int, std::string>{{1, "x"}}));
}

TEST_P(expiry, a_clock_that_was_wrong_says_nothing_of_a_shares_age) {
  for (const auto wrong : {std::uint64_t{0}, std::uint64_t{1'262'304'000}}) { // 1970, 2010
    pair_.now = wrong;
    write(fresh_, 1);
    pair_.now = test_time;
    const auto done =
        look(*store_, test_time, {.mode = expiry_mode::on, .grace = std::chrono::seconds(lease_seconds)});
    EXPECT_EQ(done.shares, 0U);
    EXPECT_EQ(done.doubtful, 1U);
    ASSERT_EQ(done.doubtful_named.size(), 1U);
    EXPECT_EQ(done.doubtful_named[0].slot, fresh_);
    EXPECT_NE(to_text(done).find("kept, for a clock was wrong: "), std::string::npos) << to_text(done);
    EXPECT_EQ(contents(*store_, fresh_), (std::map<int, std::string>{{1, "x"}}));
  }
}

TEST_P(expiry, a_dry_run_finds_the_same_and_removes_nothing) {
  write(old_, 0);
  const auto later = test_time + 10 * lease_seconds;
  const auto dry = look(*store_, later, {.mode = expiry_mode::dry_run});
  EXPECT_EQ(dry.shares, 1U);
  EXPECT_EQ(contents(*store_, old_).size(), 1U);
  const auto real = look(*store_, later, {.mode = expiry_mode::on});
  EXPECT_EQ(real.shares, dry.shares);
  EXPECT_EQ(real.bytes, dry.bytes);
  EXPECT_TRUE(contents(*store_, old_).empty());
}

INSTANTIATE_TEST_SUITE_P(stores, expiry, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "disk" : "memory"; });

TEST(expiry_on_disk, a_file_that_is_no_container_stays_and_is_counted) {
  store_pair pair;
  const auto store = pair.make(true);
  const auto slot = filled<storage_index>(1);
  ASSERT_EQ(store->read_test_write(request(slot, {write_share(0, 0, "a"), write_share(1, 0, "b")})).status,
            grid::storage_status::ok);
  std::ofstream(share_path(pair.folder.path(), slot, 1)) << "not a container";
  const auto done = look(*store, test_time * 2, {.mode = expiry_mode::on});
  EXPECT_EQ(done.shares, 1U);
  EXPECT_EQ(done.unreadable, 1U);
  EXPECT_FALSE(std::filesystem::exists(share_path(pair.folder.path(), slot, 0)));
  EXPECT_TRUE(std::filesystem::exists(share_path(pair.folder.path(), slot, 1)));
}

TEST(expiry_on_disk, a_share_without_a_lease_stays_unless_the_policy_says_otherwise) {
  store_pair pair;
  const auto store = pair.make(true);
  const auto slot = filled<storage_index>(1);
  ASSERT_EQ(store->read_test_write(request(slot, {write_share(0, 0, "a")})).status, grid::storage_status::ok);
  {
    // The first of the four lease places begins at byte 100; owner 0 says that it is free.
    std::fstream file(share_path(pair.folder.path(), slot, 0),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.write("\0\0\0\0", 4);
  }
  ASSERT_TRUE(store->leases(slot)->at({0}).empty());
  expiry_settings settings{.mode = expiry_mode::on};
  EXPECT_EQ(look(*store, test_time * 2, settings).kept, 1U);
  settings.unleased = true;
  EXPECT_EQ(look(*store, test_time * 2, settings).shares, 1U);
}
