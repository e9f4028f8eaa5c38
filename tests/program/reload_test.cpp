#include "program/support/program.hpp"

#include <csignal>
#include <filesystem>
#include <thread>

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
    const auto before = gateway_->so_far();
    gateway_->signal(SIGHUP);
    return gateway_->wait_for_news(before, text);
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
  grid(-1, "[metrics]\nlisten = \"127.0.0.1:0\"\n[limits]\nkeys-ready = 9\noperations = 7\n");
  const auto said = told("truckee: changed: ");
  EXPECT_EQ(said, "[limits] keys-ready 9; [limits] operations 7; needs a restart: [metrics]");
}

TEST_F(reload, servers_come_and_go) {
  start_gateway();
  const auto cap = put_new("one", by_gateway({}));
  grid(-1, "[[server]]\nname = \"s5\"\ndirectory = \"s5\"\npreferred = true\n");
  EXPECT_EQ(told("truckee: changed: "), "server s5 is new");
  for (int i = 0; i < 3; ++i)
    put_new("after " + std::to_string(i), by_gateway({}));
  EXPECT_EQ(shares_at(5), 3U) << "it is preferred";
  grid();
  EXPECT_EQ(told("truckee: changed: "), "server s5 is gone");
  put_new("without it", by_gateway({}));
  EXPECT_EQ(shares_at(5), 3U);
  EXPECT_EQ(get(cap, by_gateway({})), "one");
  // Its folder is free again.
  auto& other = start({"storage", "--directory", path("s5"), "--listen", "127.0.0.1:0"});
  EXPECT_NE(other.wait_for("listening on "), "");
}

TEST_F(reload, another_node_changes_it_by_message_until_the_file_is_read_again) {
  auto& beta = start({"storage", "--directory", path("beta"), "--listen", "127.0.0.1:0"});
  auto at = beta.wait_for("listening on ");
  at = at.substr(0, at.find(' '));
  start_gateway();
  const auto cap = put_new("one", by_gateway({}));
  const auto done = json(by_gateway({"gateway", "change", "--add", "beta=" + at, "--prefer", "beta",
                                     "--remove", "s0", "--limit", "operations=9"}));
  EXPECT_EQ(done["changed"],
            (std::vector<std::string>{"server s0 is gone", "server beta is new", "[limits] operations 9"}));
  put_new("two", by_gateway({}));
  EXPECT_FALSE(std::filesystem::is_empty(path("beta") + "/shares"));
  const auto log = gateway_->wait_for("event=settings_changed by=");
  EXPECT_EQ(log.find("this process"), std::string::npos) << "the node that asked: " << log;
  const auto refused = truckee(by_gateway({"gateway", "change", "--add", "more=/srv/more"}));
  EXPECT_NE(refused.code, 0);
  EXPECT_NE(refused.err.find("a folder is the gateway's own machine's"), std::string::npos) << refused.err;
  const auto pinned = truckee(
      by_gateway({"gateway", "change", "--add", "more=127.0.0.1:1", "--certificate-pin", "more=abc"}));
  EXPECT_NE(pinned.code, 0);
  EXPECT_NE(pinned.err.find("more: its certificate-pin: expected 43 characters"), std::string::npos)
      << pinned.err;
  for (const auto& [option, value] : {std::pair{"--certificate-pin", "less=abc"}, {"--any-user", "less"}}) {
    const auto nobody =
        truckee(by_gateway({"gateway", "change", "--add", "more=127.0.0.1:1", option, value}));
    EXPECT_EQ(nobody.code, 2) << nobody.err;
    EXPECT_NE(nobody.err.find("no --add names that server"), std::string::npos) << nobody.err;
  }
  const auto again = truckee(by_gateway({"gateway", "change", "--read-file"}));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, "changed: server beta is gone\nchanged: server s0 is new\n"
                       "changed: [limits] operations as the program has it\n");
  EXPECT_EQ(get(cap, by_gateway({})), "one");
}

TEST_F(reload, who_finds_no_room_is_told_in_json_when_to_try_again) {
  auto& beta = start({"storage", "--directory", path("beta"), "--listen", "127.0.0.1:0"});
  auto at = beta.wait_for("listening on ");
  at = at.substr(0, at.find(' '));
  start_gateway();
  grid(-1, "[limits]\noperations = 1\npatience-milliseconds = 60000\n[[server]]\nname = \"beta\"\npreferred "
           "= true\ncaf = \"" +
               at + "\"\n");
  told("truckee: changed: ");
  put_new("before", by_gateway({}));
  beta.signal(SIGSTOP); // it is preferred, so the next publish waits for it
  auto& waits = start(by_gateway({"put", file("waits", "waits")}));
  const auto running = [&] {
    return nlohmann::json::parse(truckee(by_gateway({"--json", "status"})).out)["running"].size();
  };
  for (int i = 0; i < 100 && running() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto refused = truckee(by_gateway({"--json", "put", "-"}), "small");
  beta.signal(SIGCONT);
  ASSERT_NE(refused.out, "") << refused.err;
  const auto said = nlohmann::json::parse(refused.out);
  ASSERT_TRUE(said.contains("busy")) << refused.out;
  EXPECT_EQ(said["busy"]["operations"], 1);
  EXPECT_GT(said["busy"]["retry_after_seconds"].get<double>(), 0);
  EXPECT_EQ(waits.wait().code, 0);
}

TEST_F(reload, a_publish_under_way_ends_well) {
  start_gateway();
  auto& put = start(by_gateway({"put", file("large", noise(30'000'000))}));
  grid(1);
  told("truckee: changed: ");
  const auto done = put.wait();
  EXPECT_EQ(done.code, 0) << done.err;
}

namespace {

class storage_reload : public program_test {
protected:
  static constexpr const char* plain = "[storage]\ndirectory = \"store\"\nlisten = \"127.0.0.1:0\"\n";
  void start_storage(const arguments& more = {}) {
    arguments words{"storage", "--config", file("storage.toml", plain)};
    words.insert(words.end(), more.begin(), more.end());
    storage_ = &start(words);
    address_ = storage_->wait_for("listening on ");
    address_ = address_.substr(0, address_.find(' '));
    grid_ =
        file("grid.toml", "[encoding]\nneeded = 1\ntotal = 1\nhappy = 1\n[[server]]\nname = \"s\"\ncaf = \"" +
                              address_ + "\"\n");
  }
  std::string told(const std::string& text) {
    const auto before = storage_->so_far();
    storage_->signal(SIGHUP);
    return storage_->wait_for_news(before, text);
  }
  process* storage_ = nullptr;
  std::string address_;
  std::string grid_;
};

} // namespace

TEST_F(storage_reload, a_store_takes_on_what_it_can_and_names_the_rest) {
  start_storage({"--reserved-space", "1"});
  const auto cap = put_new("one", {"--grid", grid_});
  file("storage.toml", std::string(plain) +
                           "read-only = true\nreserved-space = 7\n[expiry]\nmode = \"dry-run\"\n"
                           "[metrics]\nlisten = \"127.0.0.1:0\"\n");
  EXPECT_EQ(told("truckee: changed: "),
            "read-only: no writes are taken; [expiry] mode dry-run, grace-days 31, interval-seconds 86400, "
            "unleased keep; needs a restart: [metrics]")
      << "the option has the last word on reserved-space";
  const auto no = truckee({"--grid", grid_, "put", file("two", "two"), "--cap-file", cap});
  EXPECT_NE(no.code, 0);
  EXPECT_EQ(get(cap, {"--grid", grid_}), "one");
  file("storage.toml", "[storage]\nread-only = maybe\n");
  EXPECT_NE(told("truckee: nothing is changed: ").find("storage.toml:2"), std::string::npos);
  file("storage.toml", plain);
  EXPECT_NE(told("truckee: changed: ").find("writes are taken again"), std::string::npos);
  const auto yes = truckee({"--grid", grid_, "put", file("two", "two"), "--cap-file", cap});
  EXPECT_EQ(yes.code, 0) << yes.err;
}

TEST_F(storage_reload, the_log_goes_on_in_a_new_file_after_the_old_one_was_moved_away) {
  start_storage({"--log-file", path("node.log"), "--log-level", "debug"});
  const auto cap = put_new("one", {"--grid", grid_});
  std::filesystem::rename(path("node.log"), path("node.log.1"));
  put_new("into the old file", {"--grid", grid_}); // nobody has told it yet
  EXPECT_EQ(told("truckee: nothing is chang"), "ed");
  EXPECT_EQ(get(cap, {"--grid", grid_}), "one");
  storage_->signal(SIGTERM);
  EXPECT_EQ(storage_->wait(process::seconds(20)).code, 0);
  const auto before = content("node.log.1");
  const auto after = content("node.log");
  EXPECT_EQ(before.find("event=log_reopened"), std::string::npos);
  EXPECT_NE(lines_of(after).front().find("event=log_reopened"), std::string::npos) << after;
  EXPECT_NE(before.find("event=storage_started"), std::string::npos);
  const auto writes = [](const std::string& text) {
    std::size_t out = 0;
    for (const auto& line : lines_of(text))
      out += line.find("kind=read_test_write") != std::string::npos ? 1 : 0;
    return out;
  };
  EXPECT_EQ(writes(before), 2U);
  EXPECT_NE(after.find("kind=read "), std::string::npos) << "what came later";
  EXPECT_NE(after.find("event=stopped"), std::string::npos);
}

TEST_F(reload, the_log_of_a_gateway_goes_on_in_a_new_file) {
  gateway_ = &start({"--grid", grid(), "--log-file", path("node.log"), "gateway", "--listen", "127.0.0.1:0"});
  address_ = gateway_->wait_for("listening on ");
  std::filesystem::rename(path("node.log"), path("node.log.1"));
  told("truckee: nothing is chang");
  put_new("one", by_gateway({}));
  EXPECT_NE(content("node.log").find("event=publish_ended"), std::string::npos);
  EXPECT_EQ(content("node.log.1").find("event=publish_ended"), std::string::npos);
}
