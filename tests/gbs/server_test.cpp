#include "truckee/gbs/server/server.hpp"

#include "gbs/served_store.hpp"
#include "gbs/tls_caller.hpp"
#include "truckee/gbs/answers.hpp"
#include "truckee/gbs/base64.hpp"
#include "truckee/gbs/cbor.hpp"
#include "truckee/gbs/client/client.hpp"
#include "truckee/gbs/requests.hpp"

#include <future>
#include <gtest/gtest.h>
#include <thread>

using namespace truckee;
using namespace truckee::gbs;
using namespace std::chrono_literals;
using http::rejection;
using truckee::test::served_store;
using truckee::test::tls_caller;

namespace {

storage_index slot_of(std::uint8_t mark) {
  storage_index out;
  out.data.fill(std::byte{mark});
  return out;
}

/// A change that makes a share of a slot with that many bytes.
grid::read_test_write write_of(std::size_t size, std::uint8_t slot = 1, std::uint8_t share = 0) {
  grid::read_test_write x;
  x.slot = slot_of(slot);
  x.changes = {{share_number{share}, {}, {{0, shared_bytes(bytes(size, std::byte{0x61}))}}, {}}};
  return x;
}

http::front_limits quick() {
  auto out = default_server_limits();
  out.head = 300ms;
  out.stall = 300ms;
  out.tail = 300ms;
  out.idle = 600ms;
  out.room = 300ms;
  return out;
}

class gbs_server : public testing::Test {
protected:
  void limit(const http::front_limits& limits) { served_.emplace("swissnumofthetest", limits); }
  served_store& served() {
    if (!served_)
      served_.emplace();
    return *served_;
  }
  tls_caller caller() { return tls_caller(served().server->listening()); }

  std::string login(const std::string& swissnum = "swissnumofthetest") const {
    return "Authorization: Tahoe-LAFS " + std::string(to_base64(as_bytes(std::string_view(swissnum)))) +
           "\r\n";
  }
  std::string get_version() const {
    return "GET /storage/v1/version HTTP/1.1\r\nHost: h\r\n" + login() + "\r\n";
  }
  /// The head of a change whose body is to be that long.
  std::string change_head(const std::string& more, const std::string& swissnum = "swissnumofthetest") const {
    const auto sent = *ask_read_test_write(swissnum, write_of(1));
    std::string out = "POST " + sent.target + " HTTP/1.1\r\nHost: h\r\n";
    for (const auto& x : sent.headers)
      out += std::string(x.name) + ": " + std::string(x.value) + "\r\n";
    return out + more + "\r\n";
  }
  unsigned status_of(const std::string& said) {
    auto one = caller();
    one.say(said);
    return one.hear().status;
  }

  std::optional<served_store> served_;
};

/// Truckee's own client before it.
class gbs_server_and_client : public gbs_server {
protected:
  outcome ask(request what) {
    std::promise<outcome> told;
    auto out = told.get_future();
    line().send(std::move(what), 20s, [&told](outcome x) { told.set_value(std::move(x)); });
    return out.get();
  }
  gbs::line& line() {
    if (!line_)
      line_ = client_.open({.at = served().nurl().at, .pin = served().nurl().pin});
    return *line_;
  }
  secret_text swissnum() { return served().nurl().swissnum; }

  client client_;
  std::unique_ptr<gbs::line> line_;
};

} // namespace

TEST_F(gbs_server_and_client, a_share_is_written_listed_read_leased_and_complained_of) {
  const auto version = read_version(ask(ask_version(swissnum())).answer);
  ASSERT_TRUE(version) << version.error().detail;
  EXPECT_EQ(version->bytes_available, served().store->info().bytes_available);
  const auto change = write_of(3 << 20);
  const auto written =
      read_read_test_write(ask(*ask_read_test_write(swissnum(), change)).answer, change.reads);
  ASSERT_TRUE(written) << written.error().detail;
  EXPECT_TRUE(written->success);
  EXPECT_EQ(*read_shares(ask(ask_shares(swissnum(), slot_of(1))).answer), std::set<share_number>{{0}});
  const grid::read_vector range{1, 3 << 20};
  EXPECT_EQ(read_range(ask(*ask_range(swissnum(), slot_of(1), share_number{0}, range)).answer, range)->size(),
            (3U << 20) - 1);
  EXPECT_TRUE(read_lease(ask(ask_lease(swissnum(), slot_of(1), {}, {})).answer));
  EXPECT_FALSE(read_lease(ask(ask_lease(swissnum(), slot_of(2), {}, {})).answer));
  EXPECT_TRUE(read_corruption_advice(
      ask(*ask_corruption_advice(swissnum(), slot_of(1), share_number{0}, "torn")).answer));
  EXPECT_EQ(served().advice, std::vector<std::string>{"torn"});
  EXPECT_EQ(served().rejected(rejection::bad_login), 0);
}

TEST_F(gbs_server_and_client, the_certificate_is_the_one_whose_key_the_nurl_names) {
  const auto got = ask(ask_version(swissnum()));
  EXPECT_EQ(got.how, carried::answered) << got.text;
  EXPECT_EQ(got.certificate, served_store::key().id);
}

TEST_F(gbs_server, tls_is_of_1_2_at_least) {
  EXPECT_FALSE(tls_caller(served().server->listening(), TLS1_1_VERSION).stands());
  const tls_caller old(served().server->listening(), TLS1_2_VERSION);
  EXPECT_TRUE(old.stands());
  EXPECT_EQ(old.version(), TLS1_2_VERSION);
  EXPECT_EQ(caller().version(), TLS1_3_VERSION);
}

TEST_F(gbs_server, a_connection_takes_one_request_after_another) {
  auto one = caller();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(one.say(get_version()));
    const auto got = one.hear();
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(got.field("Connection"), "");
  }
  // And those that come behind one another, before there is an answer.
  ASSERT_TRUE(one.say(get_version() + get_version() + get_version()));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(one.hear().status, 200U);
}

TEST_F(gbs_server, who_wants_the_connection_closed_has_it_closed) {
  auto one = caller();
  one.say("GET /storage/v1/version HTTP/1.1\r\nConnection: close\r\n" + login() + "\r\n");
  EXPECT_EQ(one.hear().field("Connection"), "close");
  EXPECT_TRUE(one.is_let_go(10s));
  EXPECT_EQ(status_of("GET /storage/v1/version HTTP/1.0\r\n" + login() + "\r\n"), 200U);
}

TEST_F(gbs_server, a_wrong_swissnum_is_refused_before_a_byte_of_the_body) {
  auto one = caller();
  one.say(change_head("Content-Length: 100000000\r\n", "another"));
  const auto got = one.hear();
  EXPECT_EQ(got.status, 401U);
  EXPECT_EQ(got.body, "Wrong Authorization header");
  EXPECT_TRUE(one.is_let_go(10s));
  EXPECT_EQ(served().served, 0);
  EXPECT_EQ(served().rejected(rejection::bad_login), 1);
}

TEST_F(gbs_server, a_body_that_is_wanted_is_asked_for_where_the_client_waits_for_that) {
  const auto change = write_of(100);
  const auto sent = *ask_read_test_write("swissnumofthetest", change);
  const auto body = joined(sent.body);
  auto one = caller();
  one.say(change_head("Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
  EXPECT_EQ(one.hear().status, 100U);
  one.say(as_text(body.view()));
  EXPECT_EQ(one.hear().status, 200U);
}

TEST_F(gbs_server, heads_that_are_no_http_are_refused) {
  const auto bad = [&](const std::string& head) { return status_of(head + "\r\n"); };
  EXPECT_EQ(bad("GET /storage/v1/version HTTP/2\r\n" + login()), 400U);
  EXPECT_EQ(bad("GET  /storage/v1/version HTTP/1.1\r\n" + login()), 400U);
  EXPECT_EQ(bad("GET storage/v1/version HTTP/1.1\r\n" + login()), 400U);
  EXPECT_EQ(bad("GET /storage/v1/version HTTP/1.1\r\n " + login()), 400U);
  EXPECT_EQ(bad("GET /storage/v1/version HTTP/1.1\r\nX : y\r\n" + login()), 400U);
  EXPECT_EQ(bad("GET /storage/v1/version HTTP/1.1\r\nX: \x01\r\n" + login()), 400U);
  EXPECT_EQ(bad("GET /storage/v1/version HTTP/1.1\r\nHost: a\r\nHost: b\r\n" + login()), 400U);
  EXPECT_EQ(bad("GET /storage/v1/version HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n" + login()),
            431U);
  EXPECT_EQ(bad(change_head("Content-Length: 5\r\nContent-Length: 6\r\n")), 400U);
  EXPECT_EQ(bad(change_head("Content-Length: +5\r\n")), 400U);
  EXPECT_EQ(bad(change_head("Content-Length: 99999999999999999999\r\n")), 400U);
  EXPECT_EQ(bad(change_head("Content-Length: 2000000000\r\n")), 413U);
  EXPECT_EQ(bad(change_head("Transfer-Encoding: chunked\r\n")), 411U);
  EXPECT_EQ(bad("GET /storage/v1/version HTTP/1.1\r\nContent-Length: 1\r\n" + login()), 413U);
  EXPECT_EQ(served().served, 0);
  EXPECT_GE(served().rejected(rejection::bad_head), 10);
}

TEST_F(gbs_server, paths_that_are_not_there_and_immutable_shares_are_404_or_405) {
  const auto get = [&](const std::string& path) {
    return status_of("GET " + path + " HTTP/1.1\r\n" + login() + "\r\n");
  };
  EXPECT_EQ(get("/"), 404U);
  EXPECT_EQ(get("/storage/v1/immutable/aaaaaaaaaaaaaaaaaaaaaaaaaa/shares"), 404U);
  EXPECT_EQ(get("/storage/v1/immutable/aaaaaaaaaaaaaaaaaaaaaaaaaa/0"), 404U);
  EXPECT_EQ(get("/storage/v1/mutable/../version"), 404U);
  EXPECT_EQ(get("/storage/v1/mutable/aaaaaaaaaaaaaaaaaaaaaaaaaa/shares"), 200U);
  auto one = caller();
  one.say("DELETE /storage/v1/version HTTP/1.1\r\n" + login() + "\r\n");
  const auto got = one.hear();
  EXPECT_EQ(got.status, 405U);
  EXPECT_EQ(got.field("Allow"), "GET");
}

TEST_F(gbs_server, a_body_that_is_no_change_is_refused_with_words_and_the_connection_goes_on) {
  auto one = caller();
  one.say(change_head("Content-Length: 3\r\n") + "\xff\x01\x02");
  const auto got = one.hear();
  EXPECT_EQ(got.status, 400U);
  EXPECT_FALSE(got.body.empty());
  one.say(get_version());
  EXPECT_EQ(one.hear().status, 200U);
}

TEST_F(gbs_server, who_drips_a_head_or_a_body_is_let_go) {
  limit(quick());
  auto head = caller();
  auto body = caller();
  body.say(change_head("Content-Length: 100000\r\n"));
  const auto end = std::chrono::steady_clock::now() + 10s;
  bool taken = true;
  while (taken && std::chrono::steady_clock::now() < end) {
    taken = head.say("G");
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_FALSE(taken) << "one byte of a head after another";
  EXPECT_TRUE(body.is_let_go(10s)) << "a body of which nothing comes";
  EXPECT_EQ(served().rejected(rejection::too_slow), 2);
}

TEST_F(gbs_server, a_body_that_never_stops_coming_slowly_is_let_go) {
  auto limits = quick();
  limits.slowest = 1'000'000;
  limit(limits);
  auto one = caller();
  one.say(change_head("Content-Length: 100000\r\n"));
  const auto end = std::chrono::steady_clock::now() + 20s;
  bool taken = true;
  while (taken && std::chrono::steady_clock::now() < end) {
    taken = one.say("x");
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_FALSE(taken);
}

TEST_F(gbs_server, who_does_not_take_an_answer_is_let_go) {
  limit(quick());
  ASSERT_EQ(served().store->read_test_write(write_of(64 << 20)).status, grid::storage_status::ok);
  auto one = caller();
  one.say("GET /storage/v1/mutable/aeaqcaibaeaqcaibaeaqcaibae/0 HTTP/1.1\r\n" + login() + "\r\n");
  for (int i = 0; i < 100 && served().rejected(rejection::too_slow) == 0; ++i)
    std::this_thread::sleep_for(100ms);
  EXPECT_EQ(served().rejected(rejection::too_slow), 1);
}

TEST_F(gbs_server, an_idle_connection_goes_and_is_no_offence) {
  limit(quick());
  auto one = caller();
  one.say(get_version());
  EXPECT_EQ(one.hear().status, 200U);
  EXPECT_TRUE(one.is_let_go(10s));
  EXPECT_EQ(served().rejected(rejection::too_slow), 0);
}

TEST_F(gbs_server, a_flood_of_strangers_makes_room_for_who_asks) {
  auto limits = default_server_limits();
  limits.connections_max = 8;
  limit(limits);
  auto known = caller();
  known.say(get_version());
  EXPECT_EQ(known.hear().status, 200U);
  std::vector<tls_caller> flood;
  for (int i = 0; i < 40; ++i) {
    flood.push_back(caller());
    if (i % 10 == 0) {
      EXPECT_EQ(status_of(get_version()), 200U);
    }
  }
  // Strangers go first: who was let in once is still there.
  known.say(get_version());
  EXPECT_EQ(known.hear().status, 200U);
  EXPECT_GE(served().rejected(rejection::crowded), 20);
}

TEST_F(gbs_server, bodies_wait_for_room_and_are_told_where_there_is_none_for_long) {
  auto limits = quick();
  limits.stall = 2s;
  limits.held_bytes_max = 64 << 20;
  limit(limits);
  auto first = caller();
  ASSERT_TRUE(first.say(change_head("Content-Length: 50000000\r\n")));
  std::this_thread::sleep_for(200ms);
  auto second = caller();
  ASSERT_TRUE(second.say(change_head("Content-Length: 50000000\r\n")));
  EXPECT_EQ(second.hear(10s).status, 503U);
  EXPECT_EQ(served().served, 0);
  // The first one's place is free once it is let go.
  EXPECT_TRUE(first.is_let_go(10s));
  EXPECT_EQ(status_of(get_version()), 200U);
}

TEST_F(gbs_server, what_nobody_answers_is_answered_500) {
  auto made = server::start(
      {.pem = served_store::key().pem, .swissnum = "s", .serve = [](asked, replier) { /* lets it go */ }});
  ASSERT_TRUE(made) << to_string(made.error());
  tls_caller one((*made)->listening());
  one.say("GET /storage/v1/version HTTP/1.1\r\n" + login("s") + "\r\n");
  EXPECT_EQ(one.hear().status, 500U);
}

TEST_F(gbs_server, an_address_or_key_that_cannot_be_used_is_told) {
  const auto taken = server::start({.listen = served().server->listening(),
                                    .pem = served_store::key().pem,
                                    .swissnum = "s",
                                    .serve = [](asked, replier) {}});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, errc::configuration);
  const auto keyless = server::start({.pem = "no key", .swissnum = "s", .serve = [](asked, replier) {}});
  ASSERT_FALSE(keyless);
  EXPECT_EQ(keyless.error().code, errc::configuration);
}
