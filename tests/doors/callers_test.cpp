#include "doors/ends.hpp"
#include "doors/issue.hpp"
#include "resident_memory.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace truckee;
using namespace truckee::doors;
using namespace truckee::test;

namespace {

class callers : public testing::Test {
protected:
  void start(porter_limits limits = {}) {
    inside_ = *porter::make({.limits = limits, .tell = told_, .inspect = {}});
  }
  void open(bool tls, bool any_user = false) {
    door what{.at = {"127.0.0.1", 0}, .any_user = any_user};
    if (tls)
      what.tls = ca_.first();
    const auto got = inside_->open(what, hall_.in());
    ASSERT_TRUE(got) << to_string(got.error());
    port_ = got->at.port;
  }
  result<passage> dialled(bool tls, std::chrono::milliseconds deadline = 10s) {
    call what{.to = {"127.0.0.1", port_}, .deadline = deadline};
    if (tls)
      what.tls = ca_.first();
    return dial(*outside_, what);
  }

  authority ca_;
  hall hall_;
  std::shared_ptr<test::listener> told_ = std::make_shared<test::listener>();
  std::shared_ptr<porter> inside_;
  std::shared_ptr<porter> outside_ = *porter::make({});
  std::uint16_t port_ = 0;
};

TEST_F(callers, that_never_handshake_are_put_out_in_time_and_cost_nothing_meanwhile) {
  start({.how_long = {.opening = 1500ms, .greeting = 1500ms, .closing = 1500ms}});
  open(true);
  const auto silent = raw_connection(port_);
  ASSERT_TRUE(silent);
  const auto before = processor_seconds();
  EXPECT_EQ(receive(silent.get(), 1), ""); // closed
  EXPECT_LT(processor_seconds() - before, 0.2);
  const auto told = told_->next();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->what.why, refusal::handshake_timeout);
}

TEST_F(callers, that_say_nothing_without_tls_are_put_out_as_well) {
  start({.how_long = {.opening = 300ms, .greeting = 300ms, .closing = 300ms}});
  open(false);
  const auto silent = raw_connection(port_);
  EXPECT_EQ(receive(silent.get()), "hello");
  EXPECT_EQ(told_->next()->what.why, refusal::silent);
}

TEST_F(callers, that_speak_no_tls_are_told_of) {
  start();
  open(true);
  const auto other = raw_connection(port_);
  ASSERT_TRUE(send_all(other.get(), "GET / HTTP/1.0\r\n\r\n"));
  receive(other.get());
  const auto told = told_->next();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->what.why, refusal::not_tls);
  EXPECT_NE(told->what.detail.find("is not TLS"), std::string::npos) << told->what.detail;
}

TEST_F(callers, by_the_thousand_that_stay_half_open_leave_room_for_an_honest_one) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, std::max<rlim_t>(files.rlim_cur, 4096));
  ::setrlimit(RLIMIT_NOFILE, &files);
  start();
  open(true);
  const auto memory = resident_kib();
  const auto time = processor_seconds();
  std::vector<descriptor> half;
  for (int i = 0; i < 1300; ++i) {
    half.push_back(raw_connection(port_));
    ASSERT_TRUE(half.back()) << i;
    // A first record's head, so that each has its share of OpenSSL.
    if (i % 2 == 0)
      send_all(half.back().get(), "\x16\x03\x01");
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto honest = dialled(true);
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(honest) << to_string(honest.error());
  EXPECT_LT(took, 5s) << "the handshake has a deadline of its own"; // milliseconds on an idle machine
  EXPECT_GE(told_->count(refusal::displaced), 1300U - 64U);
#if TRUCKEE_INSTRUMENTED // a sanitizer has its own price
  static_cast<void>(memory);
  static_cast<void>(time);
#else
  EXPECT_LT(resident_kib() - std::min(memory, resident_kib()), 16U * 1024);
  EXPECT_LT(processor_seconds() - time, 5.0);
#endif
  ASSERT_TRUE(hall_.next());
}

/// The first message of a handshake.
std::string client_hello() {
  const std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<SSL, freed_by<SSL_free>> session(SSL_new(context.get()));
  SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_connect(session.get()); // as far as it comes
  char* text = nullptr;
  const auto size = BIO_get_mem_data(SSL_get_wbio(session.get()), &text);
  return {text, static_cast<std::size_t>(size)};
}

/// Whether the other end has closed, once all it said is read.
bool is_closed(int fd) {
  std::array<char, 4096> rest;
  ssize_t got = 0;
  while ((got = ::recv(fd, rest.data(), rest.size(), MSG_DONTWAIT)) > 0) {
  }
  return got == 0 || errno != EAGAIN;
}

TEST_F(callers, who_say_nothing_take_the_place_of_none_who_shakes_hands) {
  start({.waiting_of_source_max = 8});
  open(true);
  const auto honest = raw_connection(port_);
  ASSERT_TRUE(send_all(honest.get(), client_hello()));
  ASSERT_EQ(receive(honest.get(), 1).size(), 1U); // the server's first message has come
  std::vector<descriptor> silent;
  for (int i = 0; i < 20; ++i)
    silent.push_back(raw_connection(port_));
  // Nor do those who have begun to say something.
  for (int i = 0; i < 20; ++i) {
    silent.push_back(raw_connection(port_));
    send_all(silent.back().get(), client_hello().substr(0, 100));
  }
  while (told_->count(refusal::displaced) < 33)
    ASSERT_TRUE(told_->next());
  EXPECT_FALSE(is_closed(honest.get()));
  // Among those who all have begun the oldest goes, as ever.
  for (int i = 0; i < 8; ++i) {
    silent.push_back(raw_connection(port_));
    send_all(silent.back().get(), client_hello());
    receive(silent.back().get(), 1);
  }
  EXPECT_TRUE(is_closed(honest.get()));
}

TEST_F(callers, from_the_most_crowded_source_make_room_where_there_is_none) {
  start({.waiting_max = 16, .waiting_of_source_max = 16});
  open(true);
  const auto honest = raw_connection(port_);
  ASSERT_TRUE(honest);
  std::vector<descriptor> crowd;
  for (std::uint32_t i = 0; i < 40; ++i)
    crowd.push_back(raw_connection(port_, INADDR_LOOPBACK + 1 + i % 4));
  while (told_->count(refusal::displaced) < 25)
    ASSERT_TRUE(told_->next());
  EXPECT_FALSE(is_closed(honest.get()));
}

TEST_F(callers, who_have_gone_before_they_were_looked_at_are_nobody_else) {
  start();
  std::promise<void> busy;
  std::promise<void> go_on;
  bool first = true;
  const auto got = inside_->open({.at = {"127.0.0.1", 0}}, [&](passage) {
    if (std::exchange(first, false)) {
      busy.set_value();
      go_on.get_future().wait();
    }
  });
  ASSERT_TRUE(got);
  const auto holds_it_up = raw_connection(got->at.port);
  busy.get_future().wait();
  raw_connection(got->at.port).reset();
  go_on.set_value();
  for (;;) {
    const auto told = told_->next();
    ASSERT_TRUE(told);
    EXPECT_NE(told->what.why, refusal::other_user) << told->what.detail;
    if (told->what.detail.find("gone") != std::string::npos)
      break;
  }
}

TEST_F(callers, beyond_the_limit_are_told_of_and_closed) {
  start({.open_max = 3});
  open(false);
  std::vector<passage> all;
  for (int i = 0; i < 3; ++i) {
    auto one = dialled(false);
    ASSERT_TRUE(one);
    ASSERT_TRUE(send_all(one->inside.get(), "x"));
    all.push_back(std::move(*one));
  }
  EXPECT_FALSE(dialled(false));
  EXPECT_EQ(told_->next()->what.why, refusal::too_many);
  all.pop_back();
  for (int i = 0; i < 3; ++i)
    hall_.next();
  for (int i = 0; i < 100 && !dialled(false); ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(hall_.next());
}

TEST_F(callers, of_another_user_do_not_come_in_without_tls) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can be another user";
  start();
  open(false);
  const auto knock = [&] {
    const auto child = ::fork();
    if (child == 0) {
      if (::setuid(65534) != 0)
        ::_exit(9);
      const auto fd = raw_connection(port_);
      ::_exit(receive(fd.get(), 5) == "hello" ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(knock(), 1);
  const auto told = told_->next();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->what.why, refusal::other_user);
  EXPECT_NE(told->what.detail.find("user 65534"), std::string::npos) << told->what.detail;
  open(false, true);
  EXPECT_EQ(knock(), 0);
}

TEST_F(callers, who_dial_plain_loopback_look_whose_user_listens_there) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can be another user";
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const auto child = ::fork();
  if (child == 0) {
    // As whoever takes the port of a node that is down.
    const auto fd = ::setuid(65534) == 0 ? ::socket(AF_INET, SOCK_STREAM, 0) : -1;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto at = at_loopback(0);
    socklen_t size = sizeof(at);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(fd, 8) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0 ||
        ::write(pipe[1], &at.sin_port, sizeof(at.sin_port)) != sizeof(at.sin_port))
      ::_exit(9);
    for (;;)
      send_all(::accept(fd, nullptr, nullptr), "hello");
  }
  in_port_t port = 0;
  ASSERT_EQ(::read(pipe[0], &port, sizeof(port)), static_cast<ssize_t>(sizeof(port)));
  port_ = ntohs(port);
  const auto refused = dialled(false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::refused);
  EXPECT_NE(refused.error().detail.find("user 65534"), std::string::npos) << refused.error().detail;
  for (const auto* way : {"--gateway-any-user for a gateway", "any-user of its [[server]]"})
    EXPECT_NE(refused.error().detail.find(way), std::string::npos) << refused.error().detail;
  const auto allowed =
      dial(*outside_, {.to = {"127.0.0.1", port_}, .who = {.any_user = true}, .deadline = 10s});
  ASSERT_TRUE(allowed) << to_string(allowed.error());
  EXPECT_EQ(receive(allowed->inside.get(), 5), "hello");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_F(callers, who_are_closed_on_without_a_word_hear_that_another_user_may_be_why) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can be another user";
  const descriptor closes(::socket(AF_INET, SOCK_STREAM, 0));
  auto at = at_loopback(0);
  socklen_t size = sizeof(at);
  ASSERT_EQ(::bind(closes.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::listen(closes.get(), 8), 0);
  ASSERT_EQ(::getsockname(closes.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  port_ = ntohs(at.sin_port);
  const auto said = [&] {
    auto answer = std::async(std::launch::async, [this] { return dialled(false); });
    const descriptor gone(::accept(closes.get(), nullptr, nullptr));
    ::shutdown(gone.get(), SHUT_RDWR);
    const auto got = answer.get();
    return got ? std::string("let in") : got.error().detail;
  };
  const auto as_root = said();
  EXPECT_NE(as_root.find("the other end hung up"), std::string::npos) << as_root;
  EXPECT_EQ(as_root.find("--any-user"), std::string::npos) << "root is let in by all: " << as_root;
  ASSERT_EQ(::seteuid(65534), 0);
  const auto as_another = said();
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_NE(as_another.find("started with --any-user"), std::string::npos) << as_another;
}

TEST_F(callers, may_not_come_in_plain_from_elsewhere) {
  start();
  const auto got = inside_->open({.at = {"0.0.0.0", 0}}, hall_.in());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::refused);
}

TEST_F(callers, are_turned_away_without_a_spin_where_there_are_no_descriptors) {
  start();
  open(false);
  // UBSan looks at an object it does not know yet by a pipe, for which there are no descriptors below.
  static_cast<observer&>(*told_).refused("nowhere", "nobody", {});
  // The callers are another process: it has descriptors.
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{static_cast<rlim_t>(pipe[1] + 20), before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  const auto child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setrlimit(RLIMIT_NOFILE, &before);
    std::vector<descriptor> held;
    for (int i = 0; i < 200; ++i)
      held.push_back(raw_connection(port_));
    ::close(pipe[1]);
    ::pause();
    ::_exit(0);
  }
  ::close(pipe[1]);
  char end = 0;
  EXPECT_EQ(::read(pipe[0], &end, 1), 0);
  std::this_thread::sleep_for(300ms);
  const auto time = processor_seconds();
  std::this_thread::sleep_for(1s);
  EXPECT_LT(processor_seconds() - time, 0.1);
  EXPECT_GE(told_->count(refusal::no_descriptors), 1U);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  // And it recovers by itself.
  result<passage> after = fail(errc::internal, "");
  for (int i = 0; i < 100 && !after; ++i) {
    after = dialled(false);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(after);
}

TEST_F(callers, to_a_closed_door_find_nobody_and_those_inside_stay) {
  start();
  const auto got = inside_->open({.at = {"127.0.0.1", 0}}, hall_.in());
  port_ = got->at.port;
  const auto inside = dialled(false);
  ASSERT_TRUE(inside);
  inside_->close(got->door);
  const auto late = dialled(false);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::unreachable);
  EXPECT_NE(late.error().detail.find("refused"), std::string::npos) << late.error().detail;
  const auto guest = hall_.next();
  ASSERT_TRUE(send_all(inside->inside.get(), "still"));
  EXPECT_EQ(receive(guest->inside.get(), 5), "still");
  // The port is free again.
  EXPECT_TRUE(inside_->open({.at = {"127.0.0.1", port_}}, hall_.in()));
}

TEST_F(callers, of_a_taken_port_are_not_shared) {
  start();
  open(false);
  const auto got = outside_->open({.at = {"127.0.0.1", port_}}, hall_.in());
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().detail.find("Address already in use"), std::string::npos) << got.error().detail;
}

TEST_F(callers, who_dial_somebody_silent_wait_no_longer_than_they_wanted) {
  descriptor mute(::socket(AF_INET, SOCK_STREAM, 0));
  auto at = at_loopback(0);
  socklen_t size = sizeof(at);
  ASSERT_EQ(::bind(mute.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::listen(mute.get(), 8), 0);
  ::getsockname(mute.get(), reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
  for (const bool tls : {false, true}) {
    const auto begin = std::chrono::steady_clock::now();
    const auto time = processor_seconds();
    const auto got = dialled(tls, 700ms);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::timeout);
    EXPECT_NE(got.error().detail.find("the process may hang"), std::string::npos) << got.error().detail;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_LT(processor_seconds() - time, 0.2);
  }
}

TEST_F(callers, who_dial_a_host_without_a_name_are_told) {
  port_ = 1;
  const auto got = dial(*outside_, {.to = {"no-such-host.invalid", 4401}, .deadline = 5s});
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().detail.find("no-such-host.invalid:4401"), std::string::npos) << got.error().detail;
}

TEST_F(callers, who_still_dial_at_the_end_are_told) {
  descriptor mute(::socket(AF_INET, SOCK_STREAM, 0));
  auto at = at_loopback(0);
  socklen_t size = sizeof(at);
  ASSERT_EQ(::bind(mute.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::listen(mute.get(), 8), 0);
  ::getsockname(mute.get(), reinterpret_cast<sockaddr*>(&at), &size);
  std::promise<result<passage>> got;
  outside_->dial({.to = {"127.0.0.1", ntohs(at.sin_port)}, .deadline = 60s},
                 [&](result<passage> p) { got.set_value(std::move(p)); });
  outside_.reset();
  EXPECT_EQ(got.get_future().get().error().code, errc::cancelled);
}

} // namespace
