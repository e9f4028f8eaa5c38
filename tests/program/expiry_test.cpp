#include "program/support/program.hpp"
#include "program/support/scrape.hpp"
#include "truckee/storage/disk_store.hpp"

#include "truckee/base/random.hpp"

#include <csignal>

using namespace truckee;
using namespace truckee::test;

namespace {

class expiry_of_the_program : public program_test {
protected:
  /// A store with one share whose lease ended in 2023 and one whose lease ends in 2106.
  void make_store() {
    std::uint64_t now = 1'700'000'000 - 31 * 24 * 3600;
    const auto store =
        storage::open_disk_store(
            {path("store"), {}, storage::durability::none, false}, [&] { return now; }, system_random())
            .value();
    for (const auto mark : {std::byte{1}, std::byte{2}}) {
      grid::read_test_write x;
      x.slot.data[0] = mark;
      x.changes.push_back({share_number{3}, {}, {{0, shared_bytes(bytes(10))}}, std::nullopt});
      ASSERT_EQ(store->read_test_write(x).status, grid::storage_status::ok);
      now = UINT32_MAX;
    }
  }
  process& serve(const std::string& mode) {
    return start(
        {"storage", "--config",
         file("storage.toml", "[storage]\ndirectory = \"store\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n"
                              "[expiry]\ninterval-seconds = 1\n" +
                                  mode)});
  }
  std::size_t shares() const {
    std::size_t out = 0;
    for (const auto& at : std::filesystem::recursive_directory_iterator(path("store/shares")))
      out += at.is_regular_file();
    return out;
  }
  static double value(process& server, const std::string& name) {
    return value_of(scrape(server), "truckee_storage_" + name + R"({store="storage"})");
  }
  static constexpr const char* slot = "aeaaaaaaaaaaaaaaaaaaaaaaaa";
};

} // namespace

TEST_F(expiry_of_the_program, a_dry_run_names_and_counts_what_would_go_and_keeps_it) {
  make_store();
  auto& server = serve("mode = \"dry-run\"\n");
  server.wait_for("1 share would go");
  EXPECT_NE(server.err().find("kept by the dry run: " + std::string(slot) + " share 3, "), std::string::npos)
      << server.err();
  EXPECT_EQ(value(server, "expired_shares"), 1);
  EXPECT_GT(value(server, "expired_bytes"), 468);
  EXPECT_EQ(value(server, "removed_shares_total"), 0);
  EXPECT_EQ(shares(), 2U);
}

TEST_F(expiry_of_the_program, on_removes_the_expired_share_and_never_one_with_a_valid_lease) {
  make_store();
  auto& server = serve("mode = \"on\"\n");
  server.wait_for("1 share removed");
  server.wait_for("0 shares removed, 0 bytes; 1 share kept");
  EXPECT_EQ(value(server, "removed_shares_total"), 1);
  EXPECT_EQ(shares(), 1U);
}

TEST_F(expiry_of_the_program, grace_keeps_it_longer) {
  make_store();
  auto& server = serve("mode = \"on\"\ngrace-days = 36500\n");
  server.wait_for("0 shares removed, 0 bytes; 2 shares kept");
  EXPECT_EQ(shares(), 2U);
}

TEST_F(expiry_of_the_program, it_is_off_unless_asked) {
  make_store();
  auto& server = serve("");
  scrape_until(server, [](const auto& text) {
    return value_of(text, R"(truckee_storage_slots{store="storage"})") == 2;
  });
  server.signal(SIGTERM);
  const auto done = server.wait(process::seconds(20));
  EXPECT_EQ(done.err.find("expiry"), std::string::npos) << done.err;
  EXPECT_EQ(shares(), 2U);
}
