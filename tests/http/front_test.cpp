#include "http/raw_caller.hpp"
#include "resident_memory.hpp"
#include "truckee/http/front.hpp"
#include "truckee/http/listener.hpp"

#include <csignal>
#include <future>
#include <gtest/gtest.h>
#include <httplib.h>
#include <thread>

using namespace truckee;
using namespace truckee::http;
using namespace std::chrono_literals;
using truckee::test::raw_caller;

namespace {

constexpr const char* request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A port with four threads, as metrics have, that counts whom it turned away.
class HttpFront : public testing::Test {
protected:
  void start(listener_options options = {}) {
    options.rejected = [this](rejection why) { ++rejected_[static_cast<std::size_t>(why)]; };
    auto l = listener::start(options, [this](httplib::Server& server) {
      server.Get("/", [](const httplib::Request&, httplib::Response& out) {
        out.set_content("well", "text/plain");
      });
      server.Get("/long", [this](const httplib::Request&, httplib::Response& out) {
        out.set_content(long_, "text/plain");
      });
    });
    if (!l)
      throw std::runtime_error(to_string(l.error()));
    listener_ = std::move(*l);
  }

  raw_caller caller() const { return raw_caller{listener_->listening()}; }
  int rejected(rejection why) const { return rejected_[static_cast<std::size_t>(why)]; }

  /// An honest caller is answered in the time that a head has.
  void expect_answered() const {
    const auto honest = caller();
    const auto begin = std::chrono::steady_clock::now();
    honest.say(request);
    EXPECT_TRUE(honest.hear(10s).starts_with("HTTP/1.1 200 "));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  }

  /// So many callers who send a byte now and then, while an honest one asks for as long as that takes.
  void expect_answered_beside(std::size_t drippers, std::chrono::milliseconds how_long) const {
    std::vector<raw_caller> dripping;
    for (std::size_t i = 0; i < drippers; ++i)
      dripping.push_back(caller());
    const std::string text = "GET /" + std::string(1000, 'a');
    const auto end = std::chrono::steady_clock::now() + how_long;
    for (std::size_t i = 0; std::chrono::steady_clock::now() < end; ++i) {
      for (auto& each : dripping)
        if (!each.try_say(text.substr(i, 1)))
          each = caller();
      expect_answered();
      std::this_thread::sleep_for(100ms);
    }
  }

  /// Sends `piece` until `bytes` are sent or nobody takes more; what was answered, if it comes.
  void flood(const std::string& first, const std::string& piece, std::size_t bytes) const {
    [[maybe_unused]] const auto before = test::resident_kib();
    const auto angry = caller();
    angry.say(first);
    std::size_t sent = 0;
    while (sent < bytes && angry.try_say(piece))
      sent += piece.size();
    EXPECT_LT(sent, bytes) << "it is let go";
#if !TRUCKEE_INSTRUMENTED
    EXPECT_LT(test::resident_kib(), before + 8 * 1024) << "KiB resident";
#endif
    expect_answered();
  }

  std::array<std::atomic<int>, rejection_words.size()> rejected_{};
  std::string long_ = std::string(std::size_t{4} << 20, 'x');
  std::unique_ptr<listener> listener_;
};

} // namespace

TEST_F(HttpFront, an_endless_request_line_ends) {
  start();
  flood("GET /", std::string(1 << 16, 'a'), std::size_t{187} << 20);
  EXPECT_EQ(rejected(rejection::bad_head), 1);
}

TEST_F(HttpFront, endless_fields_end) {
  start();
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "X" + std::to_string(i) + ": y\r\n";
  flood("GET / HTTP/1.1\r\n", many, std::size_t{35} << 20);
  EXPECT_EQ(rejected(rejection::bad_head), 1);
}

TEST_F(HttpFront, an_endless_field_ends) {
  start();
  flood("GET / HTTP/1.1\r\nX: ", std::string(1 << 16, 'a'), std::size_t{260} << 20);
  EXPECT_EQ(rejected(rejection::bad_head), 1);
}

TEST_F(HttpFront, a_head_too_large_is_told_so) {
  start();
  for (const auto& text : {"GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a'), [] {
                             std::string out = "GET / HTTP/1.1\r\n";
                             for (int i = 0; i < 65; ++i)
                               out += "X: y\r\n";
                             return out + "\r\n";
                           }()}) {
    const auto loud = caller();
    loud.say(text);
    const auto answer = loud.hear(3s);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 ")) << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_NE(answer.find("X-Content-Type-Options: nosniff"), std::string::npos);
  }
}

TEST_F(HttpFront, four_callers_who_drip_hold_up_nobody) {
  start();
  expect_answered_beside(4, 2s);
}

TEST_F(HttpFront, nor_do_twenty_four) {
  start();
  expect_answered_beside(24, 2s);
}

TEST_F(HttpFront, nor_do_more_than_may_be_connected) {
  start({.limits = {.connections_max = 16, .of_one_source_max = 8}});
  expect_answered_beside(40, 2s);
  EXPECT_GT(rejected(rejection::crowded), 0);
}

TEST_F(HttpFront, a_request_has_a_time_whatever_drips) {
  start({.limits = {.head = 500ms}});
  const auto slow = caller();
  const auto begin = std::chrono::steady_clock::now();
  while (slow.try_say("a") && std::chrono::steady_clock::now() - begin < 5s)
    std::this_thread::sleep_for(50ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(rejected(rejection::too_slow), 1);
  EXPECT_TRUE(caller().is_let_go(5s)) << "who says nothing goes as well";
}

TEST_F(HttpFront, who_reads_slowly_holds_up_nobody) {
  start({.threads = 1, .limits = {.stall = 500ms}});
  std::vector<raw_caller> slow;
  for (int i = 0; i < 8; ++i) {
    slow.push_back(caller());
    slow.back().takes_little();
    slow.back().say("GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  expect_answered();
  for (int i = 0; i < 50 && rejected(rejection::too_slow) < 8; ++i)
    std::this_thread::sleep_for(100ms);
  EXPECT_EQ(rejected(rejection::too_slow), 8);
}

TEST_F(HttpFront, a_long_answer_comes_whole) {
  start();
  httplib::Client client{listener_->listening().host, listener_->listening().port};
  EXPECT_EQ(client.Get("/long")->body, long_);
}

TEST_F(HttpFront, ranges_are_not_known_here) {
  start();
  std::string many = "bytes=0-";
  for (int i = 0; i < 2600; ++i)
    many += ",0-";
  httplib::Client client{listener_->listening().host, listener_->listening().port};
  for (const auto& range : {std::string("bytes=0-1"), many, std::string("bytes=9-1")}) {
    const auto answer = client.Get("/", {{"Range", range}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "well");
  }
}

TEST_F(HttpFront, a_loopback_port_has_no_other_name) {
  start();
  httplib::Client client{listener_->listening().host, listener_->listening().port};
  const auto foreign = client.Get("/", {{"Host", "evil.example"}});
  EXPECT_EQ(foreign->status, 403);
  EXPECT_EQ(foreign->get_header_value("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(client.Get("/", {{"Host", "LOCALHOST:1"}})->status, 200);
  EXPECT_EQ(rejected(rejection::foreign_host), 1);
  const auto doubtful = caller();
  doubtful.say("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
  EXPECT_TRUE(doubtful.hear(3s).starts_with("HTTP/1.1 400 "));
  const auto nameless = caller();
  nameless.say("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(nameless.hear(3s).starts_with("HTTP/1.1 403 "));
}

TEST_F(HttpFront, every_answer_forbids_what_is_not_its_own) {
  start();
  httplib::Client client{listener_->listening().host, listener_->listening().port};
  for (const auto* path : {"/", "/nothing"}) {
    const auto answer = client.Get(path);
    EXPECT_EQ(answer->get_header_value("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_NE(answer->get_header_value("Content-Security-Policy").find("default-src 'none'"),
              std::string::npos);
  }
}

TEST_F(HttpFront, a_long_path_breaks_nothing) {
  start();
  const auto c = caller();
  c.say("GET /" + std::string(8000, '1') + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(c.hear(3s).starts_with("HTTP/1.1 404 "));
}

TEST_F(HttpFront, a_caller_who_goes_before_the_answer_costs_nothing) {
  start();
  for (int i = 0; i < 20; ++i)
    caller().say("GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_answered();
}

TEST(front, tells_how_many_connections_are_open) {
  std::atomic<std::size_t> open = 0;
  const auto becomes = [&](std::size_t wanted) {
    for (int i = 0; i < 1000 && open != wanted; ++i)
      std::this_thread::sleep_for(10ms);
    return open == wanted;
  };
  auto socket = listen_on({"127.0.0.1", 0});
  ASSERT_TRUE(socket) << to_string(socket.error());
  const auto at = socket->at;
  front::options how;
  how.limits.goodbye = 100ms;
  how.rejected = [](rejection) {};
  how.connections = [&](std::size_t now) { open = now; };
  how.serve = [](const whole_request& asked) {
    asked.answer->write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    asked.answer->end();
  };
  auto served = std::make_unique<front>(std::move(*socket), plain_channels(), std::move(how));
  {
    const raw_caller one{at}, two{at};
    EXPECT_TRUE(becomes(2)) << open;
    one.say(request);
    EXPECT_TRUE(one.hear(10s).starts_with("HTTP/1.1 204 "));
    EXPECT_TRUE(becomes(1)) << "it was answered";
  }
  EXPECT_TRUE(becomes(0)) << "the other one has gone";
  const raw_caller last{at};
  EXPECT_TRUE(becomes(1));
  served.reset();
  EXPECT_EQ(open, 0U) << "nobody is left";
}

namespace {

/// A front whose only caller gets a first piece that is more than the system buffers, and `more` once the front has taken that
/// and cannot send it, for the caller does not read yet. What the caller then hears.
std::string heard_behind_a_piece(std::size_t first, const std::function<void(outgoing&)>& more) {
  auto socket = listen_on({"127.0.0.1", 0});
  EXPECT_TRUE(socket);
  const auto at = socket->at;
  std::promise<std::shared_ptr<outgoing>> asked;
  front::options how;
  how.limits.goodbye = 100ms;
  how.rejected = [](rejection) {};
  how.serve = [&asked](const whole_request& x) { asked.set_value(x.answer); };
  front served(std::move(*socket), plain_channels(), std::move(how));
  const raw_caller one{at};
  one.say(request);
  const auto answer = asked.get_future().get();
  std::promise<void> taken;
  answer->write(std::string(first, 'x'));
  answer->when_taken([&taken] { taken.set_value(); });
  taken.get_future().wait();
  more(*answer);
  std::this_thread::sleep_for(50ms); // it is woken while the piece is still on its way
  return one.hear(20s);
}

} // namespace

TEST(front, sends_what_comes_while_a_piece_is_on_its_way) {
  constexpr std::size_t first = 40U << 20U;
  const auto begin = std::chrono::steady_clock::now();
  const auto heard = heard_behind_a_piece(first, [](outgoing& answer) {
    answer.write("the end");
    answer.end();
  });
  EXPECT_EQ(heard.size(), first + 7);
  EXPECT_TRUE(heard.ends_with("the end"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 19s);
}

TEST(front, ends_the_connection_behind_what_was_written_where_an_answer_breaks_off) {
  const auto heard = heard_behind_a_piece(1000, [](outgoing& answer) { answer.break_off(); });
  EXPECT_EQ(heard, std::string(1000, 'x'));
}

TEST_F(HttpFront, sigpipe_stays_the_hosts) {
  struct sigaction before {};
  struct sigaction own {};
  own.sa_handler = [](int) {};
  ::sigaction(SIGPIPE, &own, &before);
  start();
  struct sigaction after {};
  ::sigaction(SIGPIPE, &before, &after);
  EXPECT_EQ(after.sa_handler, own.sa_handler);
}
