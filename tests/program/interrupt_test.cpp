#include "program/support/scrape.hpp"
#include "program/support/server_farm.hpp"

#include <csignal>

using namespace truckee::test;

namespace {

class interrupt : public server_farm {
protected:
  /// A put of `content` that has sent shares and waits for a server that was stopped meanwhile.
  process& put_that_waits(const std::string& cap, const std::string& content) {
    auto& put = start(on_grid(
        {"--json", "put", file("next", content), "--cap-file", cap, "--metrics-listen", "127.0.0.1:0"}));
    scrape_until(put, [](const auto& text) {
      return value_of(text, "truckee_publishes_running") == 1; // past the map: s3 will be written to
    });
    server(3).signal(SIGSTOP);
    scrape_until(put, [](const auto& text) { return value_of(text, "truckee_publish_placed_shares") >= 9; });
    return put;
  }
};

} // namespace

TEST_F(interrupt, put_leaves_a_recoverable_version_and_says_which) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 20\nconnect-timeout-seconds = 1\npatience-milliseconds = 60000\n";
  start_farm(false);
  const auto cap = put_new("first", on_grid({}));
  const auto next = noise(40'000'000);
  auto& put = put_that_waits(cap, next);
  put.signal(SIGINT);
  const auto done = put.wait(process::seconds(15));
  server(3).signal(SIGCONT);
  EXPECT_EQ(done.signal, SIGINT) << "a loop in a shell ends, too: " << done.err;
  EXPECT_NE(done.err.find("interrupted"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("seq 2"), std::string::npos) << "which version stays: " << done.err;
  const auto reply = nlohmann::json::parse(done.out);
  EXPECT_EQ(reply["ok"], false);
  EXPECT_EQ(reply["recoverable"], true);
  EXPECT_EQ(reply["error"]["kind"], "cancelled") << reply;
  EXPECT_TRUE(get(cap, on_grid({})) == next);
}

TEST_F(interrupt, second_signal_ends_the_put_at_once) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 20\nconnect-timeout-seconds = 10\npatience-milliseconds = 60000\n";
  start_farm(false);
  const auto cap = put_new("first", on_grid({}));
  server(3).signal(SIGSTOP);
  auto& put =
      start(on_grid({"put", file("next", "next"), "--cap-file", cap, "--metrics-listen", "127.0.0.1:0"}));
  scrape_until(put, [](const auto& text) {
    return value_of(text, "truckee_gateway_held_bytes") >
           0; // before it was asked for, a signal just ends the program
  });
  put.signal(SIGINT);
  put.wait_for("interrupted");
  put.signal(SIGINT);
  const auto done = put.wait(process::seconds(2));
  server(3).signal(SIGCONT);
  EXPECT_EQ(done.signal, SIGINT);
  EXPECT_EQ(get(cap, on_grid({})), "first");
}

TEST_F(interrupt, put_that_waits_for_its_servers_ends_soon_and_sent_nothing) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 20\nconnect-timeout-seconds = 10\npatience-milliseconds = 60000\n";
  start_farm(false);
  const auto cap = put_new("first", on_grid({}));
  server(3).signal(SIGSTOP);
  auto& put =
      start(on_grid({"put", file("next", "next"), "--cap-file", cap, "--metrics-listen", "127.0.0.1:0"}));
  scrape_until(put, [](const auto& text) {
    return value_of(text, "truckee_gateway_held_bytes") >
           0; // before it was asked for, a signal just ends the program
  });
  put.signal(SIGTERM);
  put.wait_for("interrupted");
  const auto done = put.wait(process::seconds(5));
  server(3).signal(SIGCONT);
  EXPECT_EQ(done.signal, SIGTERM) << done.err;
  EXPECT_EQ(get(cap, on_grid({})), "first");
}

// Else one who is told to end, by a shell or a service manager, would hang with the gateway.
TEST_F(interrupt, get_ends_by_one_signal_where_the_gateway_hangs) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 60\nconnect-timeout-seconds = 1\npatience-milliseconds = 60000\n";
  start_farm(false);
  auto& gateway = start(on_grid({"gateway", "--listen", "127.0.0.1:0"}));
  const arguments through{"--gateway", gateway.wait_for("listening on ")};
  const auto cap = put_new("first", through);
  for (std::size_t i = 0; i < servers; ++i)
    server(i).signal(SIGSTOP);
  const auto before = gateway.so_far();
  auto& reading = start({through[0], through[1], "get", "--cap-file", cap});
  gateway.wait_for_news(before, "event=operation_begun");
  gateway.signal(SIGSTOP);
  reading.signal(SIGTERM);
  const auto done = reading.wait(process::seconds(15));
  EXPECT_EQ(done.signal, SIGTERM) << done.err;
  EXPECT_NE(done.err.find("shows no life"), std::string::npos) << done.err;
  EXPECT_TRUE(done.out.empty());
  gateway.signal(SIGCONT);
  for (std::size_t i = 0; i < servers; ++i)
    server(i).signal(SIGCONT);
}
