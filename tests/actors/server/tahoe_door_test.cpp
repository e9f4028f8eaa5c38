#include "truckee/actors/node/node.hpp"
#include "truckee/actors/node/storage_node.hpp"
#include "truckee/base/private_file.hpp"
#include "truckee/gbs/answers.hpp"
#include "truckee/gbs/client/client.hpp"
#include "truckee/gbs/nurl.hpp"
#include "truckee/gbs/requests.hpp"

#include "test_folder.hpp"

#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <thread>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

storage_index some_slot() {
  storage_index out;
  out.data.fill(std::byte{0x77});
  return out;
}

shared_bytes number(std::uint64_t x) {
  bytes out(8);
  store_be(mutable_byte_view(out), x);
  return shared_bytes(std::move(out));
}

/// One more than `seen`, where that is what share 0 holds.
grid::read_test_write one_more_than(std::uint64_t seen) {
  grid::read_test_write out;
  out.slot = some_slot();
  out.changes = {{share_number{0}, {{0, 8, number(seen)}}, {{0, number(seen + 1)}}, {}}};
  out.reads = {{0, 8}};
  return out;
}

/// A store on a disk with both doors.
class served_to_tahoe : public testing::Test {
protected:
  served_to_tahoe() {
    store_options options;
    options.disk.directory = folder_ / "store";
    options.disk.durability = storage::durability::none;
    options.for_tahoe = true;
    auto opened = store::spawn(node_->system(), std::move(options));
    if (!opened)
      throw std::runtime_error(to_string(opened.error()));
    store_.emplace(std::move(*opened));
    auto door = store_->serve_tahoe({"127.0.0.1", 0});
    if (!door)
      throw std::runtime_error(to_string(door.error()));
    door_ = std::move(*door);
    nurl_ = *gbs::parse_nurl(door_.nurl);
    line_ = https_.open({.at = nurl_.at, .pin = nurl_.pin});
  }

  gbs::response over_https(gbs::request what) {
    std::promise<gbs::outcome> told;
    auto out = told.get_future();
    line_->send(std::move(what), 30s, [&told](gbs::outcome x) { told.set_value(std::move(x)); });
    auto got = out.get();
    EXPECT_EQ(got.how, gbs::carried::answered) << got.text;
    certificate_ = got.certificate;
    return std::move(got.answer);
  }
  grid::read_test_write_answer by_message(const grid::read_test_write& change) {
    caf::scoped_actor self(node_->system());
    grid::read_test_write_answer out;
    out.status = grid::storage_status::io_error;
    messages::request_blocking(
        self, store_->server(), messages::duration(30s), change,
        [&](const grid::read_test_write_answer& x) { out = x; }, [](const caf::error&) {});
    return out;
  }

  test::folder folder_;
  std::unique_ptr<actors::node> node_ = std::move(*actors::node::start());
  std::optional<store> store_;
  tahoe_door door_;
  gbs::nurl nurl_;
  gbs::client https_;
  std::unique_ptr<gbs::line> line_;
  server_id certificate_;
};

} // namespace

TEST_F(served_to_tahoe, of_a_new_store_has_its_certificate_for_an_id_and_is_written_down) {
  const auto version = gbs::read_version(over_https(gbs::ask_version(nurl_.swissnum)));
  ASSERT_TRUE(version) << version.error().detail;
  EXPECT_TRUE(version->software.starts_with("truckee/")) << version->software;
  EXPECT_GT(version->bytes_available, 0U);
  EXPECT_EQ(certificate_, door_.id);
  const auto text = read_small_file(door_.nurl_file, 4096);
  ASSERT_TRUE(text);
  EXPECT_EQ(as_text(*text), std::string(door_.nurl) + "\n");
  EXPECT_FALSE(store_->serve_tahoe({"127.0.0.1", 0})) << "once";
}

TEST_F(served_to_tahoe, writers_by_either_door_lose_no_update_to_one_another) {
  constexpr std::uint64_t each = 150;
  auto first = one_more_than(0);
  first.changes[0].tests = {{0, 1, {}}};
  first.changes[0].writes = {{0, number(0)}};
  ASSERT_EQ(by_message(first).status, grid::storage_status::ok);

  const auto seen_in = [](const grid::share_reads& reads) {
    return load_be<std::uint64_t>(reads.at(share_number{0}).at(0).view());
  };
  std::thread messenger([&] {
    std::uint64_t seen = 0;
    for (std::uint64_t done = 0; done < each;) {
      const auto got = by_message(one_more_than(seen));
      ASSERT_TRUE(got.status == grid::storage_status::ok || got.status == grid::storage_status::test_failed);
      seen = seen_in(got.reads);
      if (got.status == grid::storage_status::ok) {
        ++done;
        ++seen;
      }
    }
  });
  std::uint64_t seen = 0;
  for (std::uint64_t done = 0; done < each;) {
    const auto change = one_more_than(seen);
    const auto got = gbs::read_read_test_write(over_https(*gbs::ask_read_test_write(nurl_.swissnum, change)),
                                               change.reads);
    ASSERT_TRUE(got) << got.error().detail;
    seen = seen_in(got->reads);
    if (got->success) {
      ++done;
      ++seen;
    }
  }
  messenger.join();
  EXPECT_EQ(seen_in(by_message(one_more_than(2 * each + 7)).reads), 2 * each) << "each success is one update";
}

TEST_F(served_to_tahoe, advice_of_a_share_that_is_there_is_counted_and_kept) {
  auto change = one_more_than(0);
  change.changes[0].tests.clear();
  ASSERT_EQ(by_message(change).status, grid::storage_status::ok);
  const auto advise = [&](std::uint8_t share) {
    return over_https(*gbs::ask_corruption_advice(nurl_.swissnum, some_slot(), share_number{share},
                                                  "block 3\n\x1b[2J"))
        .status;
  };
  EXPECT_EQ(advise(0), 200U);
  EXPECT_EQ(advise(9), 404U);
  EXPECT_NE(store_->metrics()->text().find("truckee_storage_corruption_advised_total{store=\"store\"} 1"),
            std::string::npos);
  std::vector<std::string> kept;
  for (const auto& each : std::filesystem::directory_iterator(folder_ / "store/corruption-advisories"))
    kept.emplace_back(as_text(*read_small_file(each.path(), 4096)));
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_TRUE(kept[0].starts_with("share: o53xo53xo53xo53xo53xo53xo4-0\n")) << kept[0];
  EXPECT_TRUE(kept[0].ends_with("\nreason:\nblock 3\n\x1b[2J\n")) << kept[0];
}

TEST_F(served_to_tahoe, a_stranger_is_counted) {
  EXPECT_EQ(over_https(gbs::ask_version("another")).status, 401U);
  EXPECT_NE(store_->metrics()->text().find("truckee_gbs_refused_total{reason=\"bad_login\"} 1"),
            std::string::npos);
}
