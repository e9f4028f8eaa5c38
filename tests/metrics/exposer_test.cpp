#include "metrics/exposer.hpp"

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

void expect_refused(const exposer_options& options, const std::string& why) {
  const auto e = exposer::start(options, std::make_shared<recorder>());
  ASSERT_FALSE(e);
  EXPECT_EQ(e.error().code, errc::configuration);
  EXPECT_NE(e.error().detail.find(why), std::string::npos) << e.error().detail;
}

} // namespace

TEST(exposer, a_scrape_sees_what_happened) {
  const auto what = std::make_shared<recorder>(build_facts{"0.1.0", "0.17.6"});
  const auto e = started({}, what);
  ASSERT_TRUE(e);
  EXPECT_NE(e->listening().port, 0);
  EXPECT_EQ(e->url(), "http://127.0.0.1:" + std::to_string(e->listening().port) + "/metrics");
  what->plaintext_given(1234);
  what->server("alpha").shares_written(write_outcome::written, 2, seconds{0.01});
  const auto answer = client_of(*e).Get("/metrics");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_NE(answer->body.find("truckee_publish_plaintext_bytes_total 1234"), std::string::npos);
  EXPECT_NE(answer->body.find(R"(truckee_share_writes_total{outcome="written",server="alpha"} 2)"),
            std::string::npos);
  EXPECT_NE(answer->body.find("# TYPE truckee_publish_duration_seconds histogram"), std::string::npos);
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

TEST(exposer, ipv6_works_or_the_error_says_that_it_does_not) {
  const auto e = exposer::start({.listen = {"::1", 0}}, std::make_shared<recorder>());
  if (e) {
    EXPECT_EQ(client_of(**e).Get("/metrics")->status, 200);
  } else {
    EXPECT_NE(e.error().detail.find("IPv"), std::string::npos) << e.error().detail;
  }
}

TEST(exposer, asks_for_the_login_when_there_is_one) {
  const auto e = started({.login = basic_auth{"prometheus", "secret"}}, std::make_shared<recorder>());
  ASSERT_TRUE(e);
  auto client = client_of(*e);
  EXPECT_EQ(client.Get("/metrics")->status, 401);
  client.set_basic_auth("prometheus", "wrong");
  EXPECT_EQ(client.Get("/metrics")->status, 401);
  client.set_basic_auth("prometheus", "secret");
  EXPECT_EQ(client.Get("/metrics")->status, 200);
}

TEST(exposer, says_why_it_cannot_listen) {
  const auto first = started({}, std::make_shared<recorder>());
  ASSERT_TRUE(first);
  expect_refused({.listen = first->listening()}, "another program listens there");
  expect_refused({.listen = {"192.0.2.1", 0}}, "not an address of this machine");
  expect_refused({.listen = {"localhost", 0}}, "not a numeric address");
}

TEST(exposer, frees_its_port_when_destroyed) {
  const auto what = std::make_shared<recorder>();
  auto e = started({}, what);
  ASSERT_TRUE(e);
  const auto where = e->listening();
  e.reset();
  EXPECT_TRUE(started({.listen = where}, what));
}
