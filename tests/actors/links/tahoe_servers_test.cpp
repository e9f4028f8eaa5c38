#include "truckee/actors/node/client_node.hpp"

#include "gbs/fake_server.hpp"
#include "test_folder.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/keys.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using test::fake_server;
using test::fault;

namespace {

std::string noise(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>(i * 2654435761U >> 13);
  return out;
}

/// A whole client on ten servers that speak Tahoe-LAFS's HTTP protocol.
class tahoe_servers : public testing::Test {
protected:
  /// `embedded` of them as directories, the others over HTTPS.
  void start(std::size_t embedded = 0) {
    for (std::size_t i = embedded; i < 10; ++i)
      farm_.push_back(fake_server::in_memory());
    begin(embedded);
  }

  /// The client anew, on servers that are there. `change`: of the grid file's text.
  void begin(std::size_t embedded = 0, const std::function<void(std::string&)>& change = {}) {
    std::string text =
        "[encoding]\nneeded = 3\ntotal = 10\nhappy = 7\n"
        "[limits]\nserver-deadline-seconds = 2\nconnect-timeout-seconds = 2\npatience-milliseconds = 10000\n";
    for (std::size_t i = 0; i < 10; ++i) {
      text += "[[server]]\nname = \"s" + std::to_string(i) + "\"\n";
      if (i < embedded)
        text += "directory = \"" + (folder_ / ("store" + std::to_string(i))).string() + "\"\n";
      else
        text += "nurl = \"" + nurls_at(i - embedded) + "\"\n";
    }
    if (change)
      change(text);
    const auto grid = settings::parse_grid_file(text, folder_ / "grid.toml");
    ASSERT_TRUE(grid) << to_string(grid.error());
    node_.reset();
    auto node = actors::client_node::start({.grid = *grid, .data_home = folder_.path()});
    ASSERT_TRUE(node) << to_string(node.error());
    node_ = std::move(*node);
  }
  std::string nurls_at(std::size_t i) {
    if (nurls_.size() <= i)
      nurls_.push_back(farm_[i]->nurl_text());
    return nurls_[i];
  }

  messages::publish_reply put(const std::string& content, const secret_text& cap = {}) {
    return node_->ask(messages::publish_request{.write_cap = cap, .content = shared_bytes::copy_of(content)});
  }
  std::string get(const secret_text& cap) {
    const auto got = node_->ask(messages::retrieve_request{.cap = cap});
    EXPECT_TRUE(got.ok) << to_string(got.failure);
    return std::string(as_text(got.content.view()));
  }
  messages::check_reply check(const secret_text& cap, bool verify = true) {
    return node_->ask(messages::check_request{.cap = cap, .verify = verify});
  }
  static std::string why(const messages::publish_reply& x) { return to_string(x.failure); }

  test::folder folder_;
  std::vector<std::unique_ptr<fake_server>> farm_;
  std::vector<std::string> nurls_;
  std::unique_ptr<actors::client_node> node_;
};

} // namespace

TEST_F(tahoe_servers, ten_over_https_take_a_file_and_give_it_back) {
  start();
  const auto content = noise(300'000);
  const auto first = put(content);
  ASSERT_TRUE(first.ok) << why(first);
  EXPECT_EQ(first.happiness, 10U);
  EXPECT_EQ(get(first.write_cap), content);
  const auto second = put("second version", first.write_cap);
  ASSERT_TRUE(second.ok) << why(second);
  EXPECT_EQ(second.version.value, 2U);
  begin(); // nothing is remembered
  EXPECT_EQ(get(first.write_cap), "second version");
  const auto health = check(first.write_cap);
  EXPECT_TRUE(health.ok && health.healthy) << to_string(health.failure);
  EXPECT_EQ(health.happiness, 10U);
}

TEST_F(tahoe_servers, their_write_enablers_are_made_with_the_certificates_tub_id) {
  start();
  const auto done = put("content");
  ASSERT_TRUE(done.ok) << why(done);
  const auto key = crypto::write_key::from(
      *crypto::from_base32(std::string_view(done.write_cap).substr(std::string("URI:SSK:").size(), 26)));
  ASSERT_TRUE(key);
  for (const auto& each : farm_) {
    grid::read_test_write harmless;
    harmless.slot = crypto::derive_storage_index(crypto::derive_read_key(*key));
    harmless.secrets.write_enabler = crypto::derive_write_enabler(*key, each->certificate_id());
    EXPECT_EQ(each->store().read_test_write(harmless).status, grid::storage_status::ok);
    harmless.secrets.write_enabler = {};
    EXPECT_EQ(each->store().read_test_write(harmless).status, grid::storage_status::bad_write_enabler);
  }
}

TEST_F(tahoe_servers, and_directories_share_one_file) {
  start(5);
  const auto content = noise(100'000);
  const auto done = put(content);
  ASSERT_TRUE(done.ok) << why(done);
  EXPECT_EQ(done.happiness, 10U);
  EXPECT_EQ(get(done.write_cap), content);
  const auto health = check(done.write_cap);
  EXPECT_TRUE(health.healthy) << to_string(health.failure);
}

TEST_F(tahoe_servers, that_fail_in_every_way_are_done_without) {
  start();
  const auto first = put("first");
  ASSERT_TRUE(first.ok) << why(first);
  farm_[0].reset(); // gone
  farm_[1]->go_wrong(fault::in_trouble);
  farm_[2]->go_wrong(fault::broken_cbor);
  const auto second = put("second", first.write_cap);
  EXPECT_TRUE(second.ok) << why(second);
  EXPECT_EQ(get(first.write_cap), "second");
}

TEST_F(tahoe_servers, that_are_in_trouble_over_a_write_are_no_conflict) {
  start();
  const auto first = put("first");
  ASSERT_TRUE(first.ok) << why(first);
  farm_[3]->go_wrong(fault::in_trouble, "/read-test-write"); // done, and nobody would know
  farm_[4]->go_wrong(fault::truncates, "/read-test-write");  // done, and its answer lost
  const auto second = put("second", first.write_cap);
  EXPECT_TRUE(second.ok) << why(second);
  EXPECT_EQ(get(first.write_cap), "second");
}

TEST_F(tahoe_servers, that_hang_hold_nobody_up) {
  start();
  const auto first = put("first");
  ASSERT_TRUE(first.ok) << why(first);
  farm_[5]->go_wrong(fault::never_answers);
  farm_[6]->go_wrong(fault::stalls);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(get(first.write_cap), "first");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST_F(tahoe_servers, with_another_key_are_told_nothing_and_done_without) {
  for (int i = 0; i < 10; ++i)
    farm_.push_back(fake_server::in_memory());
  begin(0, [this](std::string& text) {
    auto& x = text[text.find(nurls_[0]) + std::string("pb://").size()];
    x = x == 'A' ? 'B' : 'A';
  });
  const auto done = put("content");
  EXPECT_TRUE(done.ok) << why(done);
  EXPECT_EQ(done.happiness, 9U);
  EXPECT_EQ(farm_[0]->requests(), 0U);
}
