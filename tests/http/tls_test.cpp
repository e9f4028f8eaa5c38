#include "http/raw_caller.hpp"
#include "test_folder.hpp"
#include "truckee/http/listener.hpp"
#include "truckee/tls/certificates.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

using namespace truckee;
using namespace truckee::http;
using namespace std::chrono_literals;
using truckee::test::raw_caller;

namespace {

/// A server with a certificate, another certificate of the same CA, and one of a foreign CA.
class Https : public testing::Test {
protected:
  Https()
    : own_(*tls::make_certificates(folder_ / "own", {"127.0.0.1", "prometheus"})),
      foreign_(*tls::make_certificates(folder_ / "foreign", {"prometheus"})) {}

  tls::server_files files() const { return {own_.nodes[0].certificate, own_.nodes[0].key, {}}; }

  static result<std::unique_ptr<listener>> start(const tls::server_files& tls) {
    return listener::start({.tls = tls}, [](httplib::Server& server) {
      server.Get("/", [](const httplib::Request&, httplib::Response& out) {
        out.set_content("well", "text/plain");
      });
    });
  }
  static std::unique_ptr<listener> started(const tls::server_files& tls) {
    auto out = start(tls);
    if (!out)
      throw std::runtime_error(to_string(out.error()));
    return std::move(*out);
  }

  /// What a caller who knows the CA gets; empty where there is no answer.
  std::string ask(const listener& l, const tls::node_certificate& caller = {}) const {
    httplib::SSLClient client{l.listening().host, l.listening().port, caller.certificate.string(),
                              caller.key.string()};
    client.set_ca_cert_path(own_.ca.c_str());
    client.enable_server_certificate_verification(true);
    client.set_read_timeout(30s);
    const auto answer = client.Get("/");
    return answer ? answer->body : "";
  }

  static void expect_refused(const tls::server_files& tls, const std::string& file, const std::string& why) {
    const auto got = start(tls);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::configuration);
    EXPECT_NE(got.error().detail.find(file), std::string::npos) << got.error().detail;
    EXPECT_NE(got.error().detail.find(why), std::string::npos) << got.error().detail;
  }

  test::folder folder_;
  tls::made_certificates own_;
  tls::made_certificates foreign_;
};

} // namespace

TEST_F(Https, serves_who_trusts_its_ca) {
  const auto l = started(files());
  EXPECT_EQ(l->url(), "https://127.0.0.1:" + std::to_string(l->listening().port) + "/");
  EXPECT_EQ(ask(*l), "well");
}

// Through a tunnel, or by a name of its own in a hosts file: the certificate is asked for that name.
TEST_F(Https, whoever_comes_by_a_name_of_the_certificate_is_served_on_a_loopback_address_too) {
  const auto l = started(files());
  httplib::SSLClient client{l->listening().host, l->listening().port};
  client.enable_server_certificate_verification(false);
  const auto answer = client.Get("/", {{"Host", "gateway:9399"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "well");
}

TEST_F(Https, a_caller_who_trusts_another_ca_turns_away) {
  const auto l = started({foreign_.nodes[0].certificate, foreign_.nodes[0].key, {}});
  EXPECT_EQ(ask(*l), "");
}

TEST_F(Https, plain_callers_and_silent_ones_harm_nobody) {
  const auto l = started(files());
  httplib::Client plain{l->listening().host, l->listening().port};
  EXPECT_FALSE(plain.Get("/"));
  const raw_caller silent{l->listening()};
  const raw_caller confused{l->listening()};
  confused.say("\x16\x03\x01 this is no greeting");
  EXPECT_EQ(ask(*l), "well");
}

TEST_F(Https, callers_who_drip_or_stop_in_the_handshake_hold_up_nobody) {
  const auto l = started(files());
  std::vector<raw_caller> slow;
  for (int i = 0; i < 24; ++i) {
    slow.emplace_back(l->listening());
    slow.back().say(std::string("\x16\x03\x01\x02\x00\x01", 6).substr(0, static_cast<std::size_t>(i) % 7));
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(*l), "well");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(Https, asks_for_a_certificate_when_told_whose_to_take) {
  auto strict = files();
  strict.client_ca = own_.ca;
  const auto l = started(strict);
  EXPECT_EQ(ask(*l), "") << "without a certificate";
  EXPECT_EQ(ask(*l, foreign_.nodes[0]), "") << "with one of another CA";
  EXPECT_EQ(ask(*l, own_.nodes[1]), "well");
  EXPECT_EQ(ask(*l, own_.nodes[1]), "well") << "and again, in a new session";
}

TEST_F(Https, names_the_file_that_is_wrong) {
  expect_refused({folder_ / "none.pem", own_.nodes[0].key, {}}, "none.pem", "truckee certs");
  expect_refused({own_.nodes[0].certificate, own_.nodes[1].key, {}}, "prometheus.key", "is not the key of");
  expect_refused({own_.nodes[0].certificate, own_.nodes[0].key, own_.nodes[0].key}, "127.0.0.1.key",
                 "is not the CA of clients in PEM");
}
