#include "program/support/server_farm.hpp"

#include <csignal>

using namespace truckee::test;

namespace {

class status : public server_farm {
protected:
  /// A gateway over the farm; its address.
  std::string start_gateway() {
    gateway_ = &start(on_grid({"gateway", "--listen", "127.0.0.1:0"}));
    return gateway_->wait_for("listening on ");
  }
  process* gateway_ = nullptr;
};

} // namespace

TEST_F(status, shows_a_running_publish_and_then_that_it_ended) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 20\nconnect-timeout-seconds = 5\npatience-milliseconds = 60000\n";
  start_farm(false);
  const auto at = start_gateway();
  const auto cap = put_new("first", {"--gateway", at});
  auto& watch = start({"--gateway", at, "--json", "status", "--watch", "--interval", "0.2"});
  watch.wait_for("\"running\"");
  server(3).signal(SIGSTOP);
  auto& put = start({"--gateway", at, "put", file("next", "second"), "--cap-file", cap});
  nlohmann::json running;
  for (int i = 0; i < 200 && running.empty(); ++i)
    running = json({"--gateway", at, "status"})["running"];
  ASSERT_EQ(running.size(), 1);
  EXPECT_EQ(running[0]["kind"], "publish");
  const auto plain = truckee({"--gateway", at, "status"});
  EXPECT_EQ(plain.code, 0) << plain.err;
  EXPECT_TRUE(plain.out.starts_with("1 running, 0 waiting; ")) << plain.out;
  EXPECT_NE(plain.out.find("publish"), std::string::npos) << plain.out;
  // The watch looks at moments of its own: the publish goes on when it has been seen there, too.
  watch.wait_for("\"running\":[{");
  server(3).signal(SIGCONT);
  const auto during = watch.so_far();
  EXPECT_EQ(put.wait().code, 0);
  watch.wait_for_news(during, "\"running\":[]");
  watch.signal(SIGINT);
  const auto done = watch.wait(process::seconds(10));
  EXPECT_EQ(done.code, 0) << done.err;
  for (const auto& line : lines_of(done.out))
    ASSERT_TRUE(nlohmann::json::accept(line)) << line;
  const auto all = json({"--gateway", at, "status"});
  EXPECT_EQ(all["servers"].size(), servers);
  EXPECT_EQ(all["servers"][0]["state"], "ready");
  EXPECT_EQ(all["recent"].size(), 2);
  EXPECT_EQ(done.out.find("URI:"), std::string::npos);
}

TEST_F(status, needs_a_gateway_and_says_so) {
  const auto none = truckee({"status"});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("--gateway ADDRESS:PORT"), std::string::npos) << none.err;
  const auto gone = truckee({"--gateway", "127.0.0.1:1", "status"});
  EXPECT_EQ(gone.code, 1) << gone.err;
  EXPECT_NE(gone.err.find("127.0.0.1:1"), std::string::npos) << gone.err;
}

TEST_F(status, a_watch_ends_with_its_gateway) {
  start_farm(false);
  const auto at = start_gateway();
  auto& watch = start({"--gateway", at, "status", "--watch", "--interval", "0.1"});
  watch.wait_for("servers ready");
  gateway_->kill();
  const auto killed = std::chrono::steady_clock::now();
  const auto done = watch.wait(process::seconds(20));
  EXPECT_LT(std::chrono::steady_clock::now() - killed, std::chrono::seconds(8))
      << "not when a question's time is up";
  EXPECT_NE(done.code, 0) << done.out;
  EXPECT_NE(done.err.find("gateway"), std::string::npos) << done.err;
}
