#include "truckee/metrics/exposer.hpp"

#include "test_folder.hpp"
#include "truckee/tls/certificates.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

using namespace truckee;
using namespace truckee::metrics;

namespace {

std::unique_ptr<exposer> started(const exposer_options& options, const std::shared_ptr<recorder>& what) {
  auto e = exposer::start(options, what);
  if (!e) {
    ADD_FAILURE() << to_string(e.error());
    return nullptr;
  }
  return std::move(*e);
}

httplib::Client client_of(const exposer& e) {
  return httplib::Client{e.listening().host, e.listening().port};
}

} // namespace

TEST(exposer, a_scrape_sees_what_happened) {
  const auto what = std::make_shared<recorder>(build_facts{"0.1.0", "0.17.6"});
  const auto e = started({}, what);
  ASSERT_TRUE(e);
  EXPECT_NE(e->listening().port, 0);
  EXPECT_EQ(e->url(), "http://127.0.0.1:" + std::to_string(e->listening().port) + "/metrics");
  what->plaintext_given(file_format::sdmf, 1234);
  what->server("alpha").shares_written(server_outcome::written, 2, seconds{0.01});
  const auto answer = client_of(*e).Get("/metrics");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(answer->body.find(R"(truckee_publish_plaintext_bytes_total{format="sdmf"} 1234)"),
            std::string::npos);
  EXPECT_NE(answer->body.find(R"(truckee_share_writes_total{outcome="written",server="alpha"} 2)"),
            std::string::npos);
  EXPECT_NE(answer->body.find("# TYPE truckee_publish_duration_seconds histogram"), std::string::npos);
}

TEST(exposer, shows_the_process_as_every_prometheus_client_does) {
  const auto e = started({}, std::make_shared<recorder>());
  ASSERT_TRUE(e);
  const auto answer = client_of(*e).Get("/metrics");
  ASSERT_TRUE(answer);
  const auto value = [&](const std::string& name) {
    const auto at = answer->body.find("\n" + name + " ");
    return at == std::string::npos ? -1.0 : std::stod(answer->body.substr(at + name.size() + 2));
  };
  EXPECT_GE(value("process_cpu_seconds_total"), 0);
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value("process_virtual_memory_bytes"), value("process_resident_memory_bytes"));
  EXPECT_GE(value("process_threads"), 2) << "one serves this";
  EXPECT_GE(value("process_open_fds"), 4) << "three standard ones and the port";
  EXPECT_GT(value("process_max_fds"), value("process_open_fds"));
  const double now = static_cast<double>(std::time(nullptr));
  EXPECT_NEAR(value("process_start_time_seconds"), now, 3600);
  EXPECT_LT(value("process_start_time_seconds"), now + 5);
}

TEST(exposer, two_recorders_in_one_process_do_not_mix) {
  const auto a = std::make_shared<recorder>();
  const auto b = std::make_shared<recorder>();
  b->expect_publishes();
  const auto ea = started({}, a);
  const auto eb = started({}, b);
  ASSERT_TRUE(ea && eb);
  a->keys_ready_are(3);
  EXPECT_NE(client_of(*ea).Get("/metrics")->body.find("truckee_keys_ready 3"), std::string::npos);
  EXPECT_NE(client_of(*eb).Get("/metrics")->body.find("truckee_keys_ready 0"), std::string::npos);
}

TEST(exposer, asks_for_the_login_when_there_is_one) {
  const auto e = started({.login = basic_auth{"prometheus", "secret"}}, std::make_shared<recorder>());
  ASSERT_TRUE(e);
  const auto status = [&](const httplib::Headers& headers) {
    return client_of(*e).Get("/metrics", headers)->status;
  };
  const auto asked = client_of(*e).Get("/metrics");
  EXPECT_EQ(asked->status, 401);
  EXPECT_EQ(asked->get_header_value("WWW-Authenticate"),
            "Basic realm=\"truckee metrics\", charset=\"UTF-8\"");
  EXPECT_EQ(asked->body.find("truckee_"), std::string::npos);
  const auto good = httplib::make_basic_authentication_header("prometheus", "secret");
  EXPECT_EQ(status({good}), 200);
  EXPECT_EQ(status({{"Authorization", "basic" + good.second.substr(5)}}), 200) << "a scheme has no case";
  EXPECT_EQ(status({httplib::make_basic_authentication_header("prometheus", "wrong")}), 401);
  EXPECT_EQ(status({httplib::make_basic_authentication_header("prometheus", "secret ")}), 401);
  EXPECT_EQ(status({httplib::make_basic_authentication_header("Prometheus", "secret")}), 401);
  EXPECT_EQ(status({{"Authorization", "Bearer " + good.second.substr(6)}}), 401);
  EXPECT_EQ(status({{"Authorization", "Basic "}}), 401);
  EXPECT_EQ(client_of(*e).Get("/")->status, 401) << "nor does it say what else there is";
}

TEST(exposer, counts_who_it_turns_away_and_tells_of_the_first) {
  std::mutex mutex;
  std::vector<std::string> lines;
  const auto log = std::make_shared<logs::event_log>(logs::level::debug, [&](const logs::record& what) {
    const std::lock_guard lock(mutex);
    lines.push_back(what.text());
  });
  const auto what = std::make_shared<recorder>();
  const auto e = started({.login = basic_auth{"prometheus", "secret"}, .log = log}, what);
  ASSERT_TRUE(e);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(client_of(*e).Get("/metrics")->status, 401);
  EXPECT_EQ(client_of(*e).Get("/metrics", {{"Host", "evil.example"}})->status, 403);
  EXPECT_NE(what->text().find(R"(truckee_scrapes_refused_total{reason="bad_login"} 20)"), std::string::npos);
  EXPECT_NE(what->text().find(R"(truckee_scrapes_refused_total{reason="foreign_host"} 1)"),
            std::string::npos);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(lines, (std::vector<std::string>{"event=peer_refused what=metrics reason=bad_login",
                                             "event=peer_refused what=metrics reason=foreign_host"}));
}

TEST(exposer, a_foreign_name_reads_nothing) {
  const auto e = started({}, std::make_shared<recorder>());
  ASSERT_TRUE(e);
  const auto foreign = client_of(*e).Get("/metrics", {{"Host", "evil.example"}});
  EXPECT_EQ(foreign->status, 403);
  EXPECT_EQ(foreign->body.find("truckee_"), std::string::npos);
  EXPECT_EQ(client_of(*e).Get("/metrics")->get_header_value("X-Content-Type-Options"), "nosniff");
}

TEST(exposer, only_shows) {
  const auto e = started({}, std::make_shared<recorder>());
  ASSERT_TRUE(e);
  EXPECT_EQ(client_of(*e).Post("/metrics", "x", "text/plain")->status, 405);
  EXPECT_EQ(client_of(*e).Head("/metrics")->status, 200);
  const auto elsewhere = client_of(*e).Get("/");
  EXPECT_EQ(elsewhere->status, 404);
  EXPECT_EQ(elsewhere->body, "metrics are at /metrics\n");
}

TEST(exposer, compresses_for_who_asks) {
  const auto what = std::make_shared<recorder>();
  what->expect_publishes();
  const auto e = started({}, what);
  ASSERT_TRUE(e);
  auto client = client_of(*e);
  client.set_decompress(false);
  const auto plain = client.Get("/metrics");
  const auto packed = client.Get("/metrics", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(packed->get_header_value("Content-Encoding"), "gzip");
  EXPECT_LT(packed->body.size() * 4, plain->body.size());
}

TEST(exposer, says_why_it_cannot_start) {
  const auto first = started({}, std::make_shared<recorder>());
  ASSERT_TRUE(first);
  const auto second = exposer::start({.listen = first->listening()}, std::make_shared<recorder>());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail.find("metrics: cannot listen on"), std::string::npos)
      << second.error().detail;
}

TEST(exposer, speaks_tls_with_login) {
  const test::folder folder;
  const auto made = *tls::make_certificates(folder / "certs", {"127.0.0.1"});
  const auto e = started({.login = basic_auth{"prometheus", "secret"},
                          .tls = tls::server_files{made.nodes[0].certificate, made.nodes[0].key, {}}},
                         std::make_shared<recorder>());
  ASSERT_TRUE(e);
  EXPECT_EQ(e->url(), "https://127.0.0.1:" + std::to_string(e->listening().port) + "/metrics");
  httplib::SSLClient client{e->listening().host, e->listening().port};
  client.set_ca_cert_path(made.ca.c_str());
  client.enable_server_certificate_verification(true);
  EXPECT_EQ(client.Get("/metrics")->status, 401);
  client.set_basic_auth("prometheus", "secret");
  EXPECT_NE(client.Get("/metrics")->body.find("truckee_build_info"), std::string::npos);
}
