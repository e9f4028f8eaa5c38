#include "truckee/http/listener.hpp"

#include "http/raw_caller.hpp"

#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/resource.h>
#include <system_error>
#include <thread>

using namespace truckee;
using namespace truckee::http;
using namespace std::chrono_literals;
using truckee::test::raw_caller;

namespace {

void say_well(httplib::Server& server) {
  server.Get("/",
             [](const httplib::Request&, httplib::Response& out) { out.set_content("well", "text/plain"); });
}

std::unique_ptr<listener> started(const listener_options& options = {},
                                  const std::function<void(httplib::Server&)>& route = say_well) {
  auto out = listener::start(options, route);
  if (!out)
    throw std::runtime_error(to_string(out.error()));
  return std::move(*out);
}

httplib::Client client_of(const listener& l) {
  httplib::Client out{l.listening().host, l.listening().port};
  out.set_read_timeout(30s);
  return out;
}

void expect_refused(const listener_options& options, const std::string& why) {
  const auto got = listener::start(options, say_well);
  ASSERT_FALSE(got) << (*got)->url();
  EXPECT_EQ(got.error().code, errc::configuration);
  EXPECT_NE(got.error().detail.find(why), std::string::npos) << got.error().detail;
  EXPECT_TRUE(got.error().detail.starts_with(options.what + ": cannot listen on ")) << got.error().detail;
}

} // namespace

TEST(listener, serves_what_it_was_told_to) {
  const auto l = started();
  EXPECT_NE(l->listening().port, 0);
  EXPECT_EQ(l->url(), "http://127.0.0.1:" + std::to_string(l->listening().port) + "/");
  EXPECT_EQ(client_of(*l).Get("/")->body, "well");
}

TEST(listener, says_why_it_cannot_listen) {
  const auto first = started();
  expect_refused({.what = "metrics", .listen = first->listening()}, "another program listens there");
  expect_refused({.listen = {"192.0.2.1", 0}}, "not an address of this machine");
  expect_refused({.listen = {"..", 0}}, "\"..\" stands for no address");
}

TEST(listener, a_name_is_as_good_as_an_address) {
  const auto named = started({.listen = {"localhost", 0}});
  EXPECT_TRUE(named->listening().is_numeric());
  EXPECT_EQ(client_of(*named).Get("/")->body, "well");
}

TEST(listener, ipv6_is_as_good) {
  if (!truckee::test::has_ipv6())
    GTEST_SKIP() << "this machine has no ::1";
  const auto six = started({.listen = {"::1", 0}});
  EXPECT_EQ(six->url(), "http://[::1]:" + std::to_string(six->listening().port) + "/");
  EXPECT_EQ(client_of(*six).Get("/")->body, "well");
}

TEST(listener, frees_its_port_when_it_goes) {
  auto l = started();
  const auto where = l->listening();
  auto client = client_of(*l);
  client.set_keep_alive(true);
  EXPECT_EQ(client.Get("/")->body, "well"); // it would ask again over the same connection
  const auto begin = std::chrono::steady_clock::now();
  l.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s) << "nobody is waited for";
  EXPECT_EQ(client_of(*started({.listen = where})).Get("/")->body, "well");
}

TEST(listener, a_handler_that_throws_is_an_answer) {
  const auto l = started({}, [](httplib::Server& server) {
    server.Get("/", [](const httplib::Request&, httplib::Response&) { throw std::runtime_error("secret"); });
  });
  const auto answer = client_of(*l).Get("/");
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->body, "a defect of this program\n");
}

TEST(listener, no_body_is_waited_for) {
  std::atomic<bool> handled = false;
  const auto l = started({}, [&](httplib::Server& server) {
    server.Post("/", [&](const httplib::Request&, httplib::Response&) { handled = true; });
  });
  const raw_caller caller{l->listening()};
  caller.say("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nfirst");
  EXPECT_TRUE(caller.hear(1s).starts_with("HTTP/1.1 400 "));
  EXPECT_FALSE(handled);
}

TEST(listener, a_reader_who_takes_nothing_is_let_go) {
  std::atomic<bool> begun = false;
  std::atomic<int> ended = 0;
  const auto l = started({.threads = 1}, [&](httplib::Server& server) {
    say_well(server);
    server.Get("/events", [&](const httplib::Request&, httplib::Response& out) {
      out.set_chunked_content_provider(
          "text/event-stream",
          [&](std::size_t, httplib::DataSink& sink) {
            begun = true;
            const std::string much(1 << 16, 'x');
            return sink.write(much.data(), much.size());
          },
          [&](bool) { ++ended; });
    });
  });
  const raw_caller reader{l->listening()};
  reader.say("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (int i = 0; i < 1000 && !begun; ++i)
    std::this_thread::sleep_for(10ms);
  ASSERT_TRUE(begun) << "it has the thread before anybody else asks";
  // On a busy machine that takes longer than a client waits.
  auto client = client_of(*l);
  auto got = client.Get("/");
  for (int i = 0; i < 5 && !got; ++i)
    got = client.Get("/");
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->body, "well") << "the only thread is free again";
  EXPECT_EQ(ended, 1);
}

#if !TRUCKEE_INSTRUMENTED // a sanitizer needs more room than this leaves
TEST(listener, too_few_threads_are_told_to_who_starts_it) {
  const auto start = [] {
    const rlimit room{256U << 20, 256U << 20};
    ::setrlimit(RLIMIT_AS, &room);
    try {
      const auto l = listener::start({.threads = 1000}, say_well); // their stacks alone do not fit
    } catch (const std::system_error& problem) {
      ::_exit(problem.code() == std::errc::resource_unavailable_try_again ? 0 : 1);
    }
    ::_exit(2);
  };
  EXPECT_EXIT(start(), testing::ExitedWithCode(0), "");
}
#endif
