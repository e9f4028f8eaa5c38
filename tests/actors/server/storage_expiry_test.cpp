#include "actors/test_services.hpp"
#include "truckee/actors/server/storage_server.hpp"
#include "truckee/metrics/metrics.hpp"
#include "truckee/storage/memory_store.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using storage::expiry_mode;

namespace {

constexpr std::uint64_t start_time = 1'700'000'000;

/// A server over a store whose clock the test moves.
class StorageExpiry : public testing::Test {
public:
  ~StorageExpiry() override {
    run.kill(server);
    run.settle();
    server = messages::storage_server{};
    run.settle();
  }

  void start(storage::expiry_settings settings) {
    server = actors::spawn_storage_server(run.system(), services, store, "alpha", {},
                                          {.settings = settings,
                                           .now = [this] { return now; },
                                           .report = [this](const auto& x) { reports.push_back(x); }});
    run.settle();
  }
  void write(std::uint8_t slot) {
    grid::read_test_write x;
    x.slot.data[0] = static_cast<std::byte>(slot);
    x.changes.push_back({share_number{0}, {}, {{0, shared_bytes(bytes(10))}}, std::nullopt});
    ASSERT_EQ(store->read_test_write(x).status, grid::storage_status::ok);
  }
  void wait_for_reports(std::size_t count) {
    ASSERT_TRUE(run.wait_for([&] { return reports.size() >= count; }, 10min));
  }
  bool metric(const std::string& line) const {
    return services->metrics->text().find(line + "\n") != std::string::npos;
  }

  test::deterministic run;
  std::shared_ptr<actors::services> services = test::test_services(run);
  std::uint64_t now = start_time;
  std::shared_ptr<storage::share_store> store =
      storage::make_memory_store({{}, {}, {}, false, 1U << 20}, [this] { return now; });
  std::vector<storage::expiry_report> reports;
  messages::storage_server server;
};

} // namespace

TEST_F(StorageExpiry, OffNeverLooks) {
  write(1);
  now *= 2;
  start({});
  run.advance(3min);
  EXPECT_TRUE(reports.empty());
  EXPECT_EQ(store->slots()->size(), 1U);
}

TEST_F(StorageExpiry, OnRemovesTellsAndCountsAndLooksAgainAfterTheInterval) {
  write(1);
  write(2);
  now += storage::lease_seconds + 1;
  write(3);
  start({.mode = expiry_mode::on, .grace = 0s, .interval = 5s});
  wait_for_reports(1);
  EXPECT_EQ(reports[0].slots, 3U);
  EXPECT_EQ(reports[0].shares, 2U);
  EXPECT_EQ(reports[0].kept, 1U);
  EXPECT_EQ(store->slots()->size(), 1U);
  EXPECT_TRUE(metric(R"(truckee_storage_removed_shares_total{store="alpha"} 2)"))
      << services->metrics->text();
  EXPECT_TRUE(metric(R"(truckee_storage_expired_shares{store="alpha"} 2)"));
  now += storage::lease_seconds + 1;
  wait_for_reports(2);
  EXPECT_EQ(reports[1].shares, 1U);
  EXPECT_TRUE(store->slots()->empty());
  EXPECT_TRUE(metric(R"(truckee_storage_removed_shares_total{store="alpha"} 3)"));
  EXPECT_TRUE(metric(R"(truckee_storage_expiry_scans_total{store="alpha"} 2)"));
}

TEST_F(StorageExpiry, ADryRunTellsTheSameEachTimeAndRemovesNothing) {
  write(1);
  now *= 2;
  start({.mode = expiry_mode::dry_run, .interval = 5s});
  wait_for_reports(2);
  for (const auto& report : reports)
    EXPECT_EQ(report.shares, 1U);
  EXPECT_EQ(store->slots()->size(), 1U);
  EXPECT_TRUE(metric(R"(truckee_storage_expired_shares{store="alpha"} 1)")) << services->metrics->text();
  EXPECT_TRUE(metric(R"(truckee_storage_removed_shares_total{store="alpha"} 0)"));
}

TEST_F(StorageExpiry, TheFirstLookWaitsAMinuteWhereTheIntervalIsLonger) {
  write(1);
  start({.mode = expiry_mode::dry_run});
  run.advance(59s);
  EXPECT_TRUE(reports.empty());
  run.advance(2s);
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(StorageExpiry, ASlotRewrittenDuringTheLookIsKept) {
  for (std::uint8_t i = 1; i <= 20; ++i)
    write(i);
  now += storage::lease_seconds + 1;
  start({.mode = expiry_mode::on, .grace = 0s, .interval = 10s});
  run.advance(10s); // the look has begun and is among the first slots
  const auto before = store->slots()->size();
  EXPECT_GT(before, 1U) << "one look takes its time";
  write(20);
  wait_for_reports(1);
  EXPECT_EQ(reports[0].shares, 19U);
  EXPECT_EQ(store->slots()->size(), 1U);
}

TEST_F(StorageExpiry, OtherRulesAreTakenOnWhileItRuns) {
  for (std::uint8_t slot = 1; slot <= 50; ++slot)
    write(slot);
  now += storage::lease_seconds + 1;
  const auto use = [&](storage::expiry_settings settings) {
    messages::send_anonymously(
        caf::actor_cast<caf::actor>(server),
        messages::use_expiry{std::make_shared<const storage::expiry_settings>(settings)});
    run.settle();
  };
  start({});
  run.advance(3min);
  EXPECT_TRUE(reports.empty());
  use({.mode = expiry_mode::on, .grace = 0s, .interval = 1h});
  // In the middle of the look, which takes ten milliseconds a slot, it is switched off: nothing goes after that.
  ASSERT_TRUE(run.wait_for([&] { return store->slots()->size() < 50; }, 10min));
  use({});
  const auto left = store->slots()->size();
  EXPECT_GT(left, 0U);
  run.advance(3min);
  EXPECT_EQ(store->slots()->size(), left);
  EXPECT_TRUE(reports.empty()) << "a look that was broken off is no look";
  use({.mode = expiry_mode::dry_run, .grace = 0s, .interval = 10min});
  wait_for_reports(1);
  EXPECT_EQ(reports.back().shares, left);
  run.advance(15min);
  EXPECT_EQ(reports.size(), 2U) << "one look an interval, not one for each change";
}
