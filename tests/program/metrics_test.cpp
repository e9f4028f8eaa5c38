#include "program/support/scrape.hpp"
#include "program/support/server_farm.hpp"

#include <csignal>
#include <httplib.h>

using namespace truckee::test;

namespace {

class metrics_of_the_program : public server_farm {};

} // namespace

TEST_F(metrics_of_the_program, publish_that_waits_for_a_stopped_server_is_seen_running) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 4\nconnect-timeout-seconds = 1\npatience-milliseconds = 60000\n";
  server_options_ = {"--metrics-listen", "127.0.0.1:0"};
  start_farm();
  const auto cap = put_new("first", on_grid({}));
  const auto next = noise(40'000'000);
  auto& put = start(
      on_grid({"--json", "put", file("next", next), "--cap-file", cap, "--metrics-listen", "127.0.0.1:0"}));
  scrape_until(put, [](const auto& text) {
    return value_of(text, "truckee_publishes_running") == 1; // past the map: s3 will be written to
  });
  server(3).signal(SIGSTOP);
  const auto waits = scrape_until(
      put, [](const auto& text) { return value_of(text, "truckee_publish_placed_shares") >= 9; });
  EXPECT_EQ(value_of(waits, "truckee_publishes_running"), 1);
  EXPECT_GE(value_of(waits, "truckee_publish_goal_shares"), 10);
  EXPECT_EQ(value_of(waits, "truckee_publish_outstanding_shares"), 1);
  EXPECT_GE(value_of(waits, "truckee_in_flight_bytes"), 10'000'000);
  EXPECT_GE(value_of(waits, "truckee_in_flight_budget_bytes"), 1);
  EXPECT_GE(value_of(waits, R"(truckee_share_writes_total{outcome="written",server="s1"})"), 1);
  EXPECT_GE(value_of(waits, R"(truckee_server_reads_total{outcome="ok",server="s1"})"), 1);
  put.signal(SIGINT); // the deadline of so large a share is minutes away
  const auto done = put.wait(process::seconds(20));
  EXPECT_EQ(done.signal, SIGINT) << done.err;
  const auto reply = nlohmann::json::parse(done.out);
  EXPECT_EQ(reply["unknown_servers"], nlohmann::json::array({"s3"})) << reply["servers"];
  server(3).signal(SIGCONT);
  EXPECT_TRUE(get(cap, on_grid({})) == next);

  const auto store = scrape(server(1));
  EXPECT_EQ(
      value_of(store,
               R"(truckee_storage_operations_total{operation="read_test_write",outcome="ok",store="s1"})"),
      2)
      << store;
  EXPECT_GE(value_of(store, R"(truckee_storage_operations_total{operation="read",outcome="ok",store="s1"})"),
            1);
  EXPECT_GE(
      value_of(store, R"(truckee_storage_operation_duration_seconds_count{operation="read",store="s1"})"), 1);
  EXPECT_GE(value_of(store, R"(truckee_storage_written_bytes_total{store="s1"})"), 10'000'000);
  EXPECT_GE(value_of(store, R"(truckee_storage_read_bytes_total{store="s1"})"), 1);
  EXPECT_EQ(value_of(store, R"(truckee_storage_slots{store="s1"})"), 1);
  EXPECT_GE(value_of(store, R"(truckee_storage_available_bytes{store="s1"})"), 1);
}

TEST_F(metrics_of_the_program, links_say_whether_servers_are_up_and_count_reconnects) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 4\nconnect-timeout-seconds = 1\npatience-milliseconds = 60000\n";
  start_farm(false);
  const auto cap = put_new("first", on_grid({}));
  kill(2);
  server(5).signal(SIGSTOP); // makes the next put last long enough to be looked at
  auto& put = start(
      on_grid({"put", file("next", noise(1000)), "--cap-file", cap, "--metrics-listen", "127.0.0.1:0"}));
  scrape_until(put, [](const auto& text) {
    return value_of(text, R"(truckee_server_link_state{server="s2",state="unreachable"})") == 1 &&
           value_of(text, R"(truckee_server_link_state{server="s1",state="ready"})") == 1;
  });
  put.wait();
  server(5).signal(SIGCONT);
}

TEST_F(metrics_of_the_program, no_series_carries_a_capability_or_key) {
  server_options_ = {"--metrics-listen", "127.0.0.1:0"};
  start_farm(false);
  put_new("content", on_grid({}));
  const auto text = scrape(server(0));
  EXPECT_EQ(text.find("URI:"), std::string::npos);
}

TEST_F(metrics_of_the_program, over_https_go_to_who_has_a_certificate) {
  ASSERT_EQ(truckee({"certs", path("certs"), "127.0.0.1", "prometheus"}).code, 0);
  auto& node = start({"storage", "--directory", path("store"), "--listen", "127.0.0.1:0", "--metrics-listen",
                      "127.0.0.1:0", "--metrics-cert", path("certs/127.0.0.1.pem"), "--metrics-key",
                      path("certs/127.0.0.1.key"), "--metrics-client-ca", path("certs/ca.pem")});
  const auto url = node.wait_for("metrics: ");
  ASSERT_TRUE(url.starts_with("https://")) << url;
  const auto at = url.substr(0, url.rfind('/'));
  httplib::Client known(at, path("certs/prometheus.pem"), path("certs/prometheus.key"));
  known.set_ca_cert_path(path("certs/ca.pem"));
  const auto answer = known.Get("/metrics");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_NE(answer->body.find("truckee_build_info"), std::string::npos);
  std::signal(SIGPIPE, SIG_IGN); // TLS 1.3: the server may be gone before the stranger has asked
  httplib::Client stranger(at);
  stranger.set_ca_cert_path(path("certs/ca.pem"));
  EXPECT_FALSE(stranger.Get("/metrics"));
}

TEST_F(metrics_of_the_program, options_that_do_not_fit_are_named) {
  const auto refused = [this](const arguments& more) {
    arguments words{"storage", "--directory", path("store"), "--metrics-listen", "127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    const auto done = truckee(words);
    EXPECT_NE(done.code, 0);
    return done.err;
  };
  EXPECT_NE(refused({"--metrics-cert", "x.pem"}).find("--metrics-cert and --metrics-key belong together"),
            std::string::npos);
  EXPECT_NE(refused({"--metrics-client-ca", "x.pem"}).find("--metrics-client-ca needs HTTPS"),
            std::string::npos);
  const auto missing = refused({"--metrics-cert", "x.pem", "--metrics-key", "x.key"});
  EXPECT_NE(missing.find("x.pem"), std::string::npos) << missing;
  EXPECT_NE(missing.find("truckee certs"), std::string::npos) << missing;
}
