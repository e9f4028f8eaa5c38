#include "program/support/program.hpp"

#include <csignal>
#include <filesystem>

/// A gateway that is told by SIGHUP to read its grid file again.
using namespace truckee;
using namespace truckee::test;

namespace {

class reload : public program_test {
protected:
  static constexpr int servers = 5;

  /// Five servers inside the gateway; `drained` of them gets no new shares.
  std::string grid(int drained = -1, const std::string& more = {}) {
    std::string text = "[encoding]\nneeded = 2\ntotal = 4\nhappy = 2\n";
    for (int i = 0; i < servers; ++i)
      text += "[[server]]\nname = \"s" + std::to_string(i) + "\"\ndirectory = \"s" + std::to_string(i) +
              "\"\n" + (i == drained ? "drain = true\n" : "");
    return file("grid.toml", text + more);
  }
  void start_gateway() {
    gateway_ = &start({"--grid", grid(), "gateway", "--listen", "127.0.0.1:0"});
    address_ = gateway_->wait_for("listening on ");
  }
  /// Sends SIGHUP, and what the gateway then says behind `text`.
  std::string told(const std::string& text) {
    gateway_->signal(SIGHUP);
    return gateway_->wait_for(text);
  }
  arguments by_gateway(arguments words) const {
    words.insert(words.begin(), {"--gateway", address_});
    return words;
  }
  /// Shares in a server's store.
  std::size_t shares_at(int server) const {
    std::size_t out = 0;
    const std::filesystem::path store = path("s" + std::to_string(server)) + "/shares";
    for (const auto& each : std::filesystem::recursive_directory_iterator(store))
      out += each.is_regular_file() ? 1 : 0;
    return out;
  }

  process* gateway_ = nullptr;
  std::string address_;
};

} // namespace

TEST_F(reload, a_server_that_drains_gets_no_new_shares_and_is_still_read_and_updated) {
  start_gateway();
  std::vector<std::string> caps;
  for (int i = 0; i < 5; ++i)
    caps.push_back(put_new("before " + std::to_string(i), by_gateway({})));
  int drained = 0;
  while (shares_at(drained) == 0)
    ++drained; // four shares of each file lie on five servers
  const auto had = shares_at(drained);
  grid(drained);
  EXPECT_EQ(told("truckee: changed: "), "server s" + std::to_string(drained) + " gets no new shares");
  for (int i = 0; i < 5; ++i)
    put_new("after " + std::to_string(i), by_gateway({}));
  EXPECT_EQ(shares_at(drained), had);
  for (std::size_t i = 0; i < caps.size(); ++i) {
    EXPECT_EQ(get(caps[i], by_gateway({})), "before " + std::to_string(i));
    const auto put = truckee(by_gateway({"put", file("next", "next"), "--cap-file", caps[i]}));
    EXPECT_EQ(put.code, 0) << put.err;
    EXPECT_EQ(get(caps[i], by_gateway({})), "next");
  }
  EXPECT_EQ(shares_at(drained), had) << "those that it has are kept up";
}

TEST_F(reload, a_broken_grid_file_leaves_all_as_it_was_and_names_file_and_line) {
  start_gateway();
  const auto cap = put_new("one", by_gateway({}));
  file("grid.toml", "[encoding]\nneeded = 0\n");
  const auto why = told("truckee: nothing is changed: ");
  EXPECT_NE(why.find("grid.toml:2: [encoding] needed"), std::string::npos) << why;
  EXPECT_EQ(get(cap, by_gateway({})), "one");
  EXPECT_TRUE(gateway_->running());
  grid(-1, "[client]\nread-only = true\n");
  EXPECT_EQ(told("truckee: changed: "), "read-only: no writes are taken");
  const auto put = truckee(by_gateway({"put", "-"}), "two");
  EXPECT_NE(put.code, 0);
  EXPECT_NE(put.err.find("read-only"), std::string::npos) << put.err;
  EXPECT_EQ(get(cap, by_gateway({})), "one") << "reading goes on";
}

TEST_F(reload, what_only_a_new_process_takes_on_is_named) {
  start_gateway();
  grid(-1, "[[server]]\nname = \"more\"\ndirectory = \"more\"\n[limits]\nkeys-ready = 9\noperations = 7\n");
  const auto said = told("truckee: changed: ");
  EXPECT_EQ(said, "[limits] operations 7; needs a restart: [[server]] \"more\" is new; [limits] keys-ready");
}

TEST_F(reload, a_publish_under_way_ends_well) {
  start_gateway();
  auto& put = start(by_gateway({"put", file("large", noise(30'000'000))}));
  grid(1);
  told("truckee: changed: ");
  const auto done = put.wait();
  EXPECT_EQ(done.code, 0) << done.err;
}
