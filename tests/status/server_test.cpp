#include "truckee/status/server.hpp"

#include "test_folder.hpp"
#include "truckee/actors/node/client_node.hpp"
#include "truckee/messages/caf/passages.hpp"

#include <future>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

using namespace truckee;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// A real client with three servers inside, its gateway published, and the page in front.
class StatusServer : public testing::Test {
protected:
  explicit StatusServer(std::uint8_t happy = 2, std::optional<grid::strict_terms> strict = {}) {
    client_options options;
    options.data_home = home_.path();
    options.durability = storage::durability::none;
    options.threads.compute = 1;
    options.threads.blocking = 2;
    options.grid.encoding = {1, 3, happy};
    if (strict) {
      options.grid.order = grid::order_name::strict;
      options.grid.strict = *strict;
    }
    for (const auto* name : {"alpha", "beta"})
      options.grid.servers.push_back(
          {name, settings::local_directory{home_ / name}, {}, {}, false, false, {}});
    options.grid.servers.push_back(
        {"gone", settings::caf_address{address{"127.0.0.1", 9}}, {}, {}, false, false, {}});
    client_ = *actors::client_node::start(std::move(options));
    const auto at = client_->publish(address{"127.0.0.1", 0});
    health_ = std::make_shared<status::health_check>(client_->porter(), *at, std::nullopt, [this] {
      return status::answers<messages::cancel_answer>(client_->system(), client_->gateway(),
                                                      messages::cancel_request{}, 5s);
    });
    limits_.streams_max = 2;
    server_ = *status::server::start(address{"127.0.0.1", 0}, client_->system(), gateway(), health_, limits_);
  }
  status::gateway_source gateway() {
    return [this] { return client_->gateway(); };
  }
  ~StatusServer() override {
    server_.reset();
    health_.reset();
  }

  httplib::Client http() const {
    httplib::Client out("127.0.0.1", server_->listening().port);
    out.set_read_timeout(30s);
    return out;
  }
  httplib::Result get(const std::string& path) const { return http().Get(path); }
  /// Until servers have introduced themselves.
  httplib::Result get_until(const std::string& path, int status) const {
    for (int i = 0;; ++i) {
      auto out = get(path);
      if (out->status == status || i == 300)
        return out;
      std::this_thread::sleep_for(100ms);
    }
  }
  messages::publish_reply publish() {
    return client_->ask(messages::publish_request{.content = shared_bytes::copy_of("snow")});
  }

  test::folder home_;
  std::unique_ptr<actors::client_node> client_;
  std::shared_ptr<status::health_check> health_;
  status::server_limits limits_;
  std::unique_ptr<status::server> server_;
};

/// One of three on three servers, kept strictly in two rounds: two confirm a version, whatever happy says.
class StrictStatusServer : public StatusServer {
protected:
  StrictStatusServer() : StatusServer(3, grid::strict_terms{.rounds = 2}) {}
};

class UnhappyStatusServer : public StatusServer {
protected:
  UnhappyStatusServer() : StatusServer(3) {}
};

} // namespace

TEST_F(StatusServer, APublishIsShownOnThePageAndInJson) {
  const auto reply = publish();
  ASSERT_TRUE(reply.ok) << to_string(reply.failure);
  const auto status = json::parse(get("/api/status")->body);
  ASSERT_EQ(status["recent"].size(), 1U) << status;
  EXPECT_EQ(status["recent"][0]["outcome"], "ok");
  const auto id = std::to_string(status["recent"][0]["operation"].get<int>());
  const auto detail = json::parse(get("/api/operations/" + id)->body);
  EXPECT_EQ(detail["publish"]["shares"].size(), 3U) << detail;
  EXPECT_EQ(detail["publish"]["servers"], (json{"alpha", "beta", "gone"}));
  ASSERT_EQ(detail["problems"].size(), 1U) << detail;
  EXPECT_EQ(detail["problems"][0]["server"], "gone");
  const auto page = get("/operations/" + id);
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(page->body.find("Shares on servers"), std::string::npos);
  const auto servers = json::parse(get("/api/servers")->body);
  EXPECT_EQ(servers[0]["state"], "ready");
  EXPECT_NE(get("/")->body.find("publish " + id), std::string::npos);
  for (const auto& path :
       {std::string("/"), "/operations/" + id, std::string("/api/status"), "/api/operations/" + id}) {
    EXPECT_EQ(get(path)->body.find("URI:"), std::string::npos) << path;
    EXPECT_EQ(get(path)->get_header_value("Cache-Control"), "no-store") << path;
  }
}

TEST_F(StatusServer, a_gateway_that_was_started_again_is_asked_and_listened_to) {
  ASSERT_TRUE(publish().ok);
  ASSERT_EQ(json::parse(get("/api/status")->body)["recent"].size(), 1U);
  const auto first = client_->gateway();
  messages::send_anonymously(caf::actor_cast<caf::actor>(first),
                             messages::continuation{[] { throw std::runtime_error("made to fail"); }});
  const auto is_another = [&] {
    const auto now = client_->gateway();
    return now && !messages::same_actor(now.address(), first.address());
  };
  for (int i = 0; i < 300 && !is_another(); ++i)
    std::this_thread::sleep_for(100ms);
  ASSERT_TRUE(is_another());
  const auto after = get("/api/status");
  ASSERT_EQ(after->status, 200) << after->body;
  EXPECT_EQ(json::parse(after->body)["recent"].size(), 0U) << "the new one has done nothing yet";
  EXPECT_EQ(json::parse(after->body)["subscribers"], 1) << "the page hears its changes";
}

TEST_F(StatusServer, WhatIsNotThereIs404) {
  for (const auto* path : {"/nothing", "/operations/99", "/api/operations/99", "/operations/x",
                           "/api/operations/99999999999999999999999999"})
    EXPECT_EQ(get(path)->status, 404) << path;
}

TEST_F(StatusServer, OnlyReadingIsAllowed) {
  const auto posted = http().Post("/", "x", "text/plain");
  EXPECT_EQ(posted->status, 405);
  EXPECT_EQ(posted->get_header_value("Allow"), "GET, HEAD");
  EXPECT_EQ(http().Delete("/operations/1")->status, 405);
  const auto head = http().Head("/");
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
}

TEST_F(StatusServer, AForeignHostNameIsRefused) {
  EXPECT_EQ(http().Get("/", {{"Host", "evil.example:80"}})->status, 403);
  EXPECT_EQ(http().Get("/", {{"Host", "localhost:1234"}})->status, 200);
  EXPECT_EQ(http().Get("/", {{"Host", "[::1]:1234"}})->status, 200);
  for (const auto* own : {"localhost", "LOCALHOST:80", "127.0.0.1", "[::1]"})
    EXPECT_EQ(http().Get("/", {{"Host", own}})->status, 200) << own;
  for (const auto* odd : {"localhost:80@evil.com", "[::1", "[localhost]", "%6cocalhost",
                          "localhost:", "localhost:80:90", "127.0.0.1.evil.com", "[::1]x:80"})
    EXPECT_EQ(http().Get("/", {{"Host", odd}})->status, 403) << odd;
}

TEST_F(StatusServer, EveryAnswerForbidsWhatIsNotItsOwn) {
  const auto policy = get("/")->get_header_value("Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
  EXPECT_EQ(get("/")->get_header_value("X-Content-Type-Options"), "nosniff");
}

TEST_F(StatusServer, StaticFilesAreAskedAgainByTheirTag) {
  const auto css = get("/status.css");
  ASSERT_EQ(css->status, 200);
  EXPECT_EQ(css->get_header_value("Content-Type"), "text/css");
  EXPECT_EQ(http().Get("/status.css", {{"If-None-Match", css->get_header_value("ETag")}})->status, 304);
  EXPECT_EQ(get("/status.js")->get_header_value("Content-Type"), "text/javascript");
}

TEST_F(StatusServer, AStreamTellsOfAPublishAndTooManyStreamsAreTurnedAway) {
  std::promise<void> opened;
  std::atomic<int> events = 0;
  std::atomic<bool> enough = false;
  const auto listen = [&](std::promise<void>* first) {
    auto client = http();
    client.Get("/events", [&, first, told = false](const char* data, std::size_t size) mutable {
      if (first != nullptr && !told)
        first->set_value();
      told = true;
      const std::string text(data, size);
      if (text.find("event: change") != std::string::npos)
        ++events;
      return !enough;
    });
  };
  std::promise<void> second;
  std::jthread one([&] { listen(&opened); });
  std::jthread two([&] { listen(&second); });
  opened.get_future().wait();
  second.get_future().wait();
  const auto third = get("/events");
  EXPECT_EQ(third->status, 503);
  EXPECT_EQ(third->get_header_value("Retry-After"), "10");
  const int before = events;
  ASSERT_TRUE(publish().ok);
  for (int i = 0; i < 300 && events <= before; ++i)
    std::this_thread::sleep_for(50ms);
  EXPECT_GT(events, before);
  enough = true;
}

TEST_F(StatusServer, EnoughServersMakeItReady) {
  const auto ready = get_until("/readyz", 200);
  EXPECT_EQ(ready->status, 200) << ready->body;
  EXPECT_EQ(ready->body, "ready: 2 of 3 servers can be reached, happy needs 2\n");
}

TEST_F(UnhappyStatusServer, TooFewServersMakeItNotReady) {
  ASSERT_FALSE(publish().ok) << "every link has been tried";
  const auto ready = get("/readyz");
  EXPECT_EQ(ready->status, 503);
  EXPECT_EQ(ready->body, "not ready: 2 of 3 servers can be reached, happy needs 3\n");
  const auto status = json::parse(get("/api/status")->body);
  EXPECT_EQ(status["recent"][0]["outcome"], "not_enough_servers") << status;
}

TEST_F(StrictStatusServer, WhereTheOrderIsStrictAsManyAsConfirmMakeItReady) {
  const auto ready = get_until("/readyz", 200);
  EXPECT_EQ(ready->status, 200) << ready->body;
  EXPECT_EQ(ready->body, "ready: 2 of 3 servers can be reached, a strict write needs 2\n");
  const auto status = json::parse(get("/api/status")->body);
  EXPECT_EQ(status["order"], "strict");
  EXPECT_EQ(status["new_files"]["happy"], 2);
}

TEST_F(StatusServer, ADeadNetworkIsNoticedThoughTheProcessLives) {
  EXPECT_EQ(get("/healthz")->status, 200) << get("/healthz")->body;
  caf::anon_send_exit(messages::routing_broker(client_->system()), caf::exit_reason::kill);
  const auto ill = get_until("/healthz", 503);
  EXPECT_EQ(ill->status, 503);
  EXPECT_NE(ill->body.find("own port"), std::string::npos) << ill->body;
}

TEST_F(StatusServer, APortThatIsTakenIsNotShared) {
  const auto second =
      status::server::start(server_->listening(), client_->system(), gateway(), health_, limits_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail.find("another program listens there"), std::string::npos)
      << second.error().detail;
}

TEST(StatusServerStart, AddressesThatAreNotLoopbackAreRefused) {
  test::folder home;
  client_options options;
  options.data_home = home.path();
  options.grid.servers.push_back(
      {"alpha", settings::local_directory{home / "alpha"}, {}, {}, false, false, {}});
  auto client = *actors::client_node::start(std::move(options));
  for (const auto* host : {"0.0.0.0", "192.0.2.1", "::"}) {
    const auto no = status::server::start(
        address{host, 0}, client->system(), [&] { return client->gateway(); }, nullptr);
    ASSERT_FALSE(no) << host;
    EXPECT_EQ(no.error().code, errc::refused);
  }
}
