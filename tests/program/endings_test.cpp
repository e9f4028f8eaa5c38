#include "program/support/server_farm.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace truckee::test;

namespace {

/// Every wait ends by a signal, and the program by that signal.
class endings : public server_farm {
protected:
  std::string pipe(const std::string& name) {
    EXPECT_EQ(::mkfifo(path(name).c_str(), 0600), 0);
    return path(name);
  }
  static void settle(process& waiting) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    ASSERT_TRUE(waiting.running()) << waiting.out() << waiting.err();
  }
  /// Share files of the embedded grid.
  std::size_t shares() const {
    std::size_t out = 0;
    for (int i = 0; i < 10; ++i) {
      // What is being written moves while it is counted.
      std::error_code gone;
      using each = std::filesystem::recursive_directory_iterator;
      for (each at(data() / "truckee" / "grid" / std::to_string(i) / "shares", gone); at != each();
           at.increment(gone))
        out += at->is_regular_file(gone);
    }
    return out;
  }
  static void ends_by(process& waiting, int number) {
    settle(waiting);
    waiting.signal(number);
    const auto done = waiting.wait(process::seconds(3));
    EXPECT_EQ(done.signal, number) << done.code << done.err;
  }
};

/// A pipe of this process that nobody writes, and that is full for who does.
class idle_pipe {
public:
  idle_pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
  }
  ~idle_pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  idle_pipe(const idle_pipe&) = delete;
  idle_pipe& operator=(const idle_pipe&) = delete;
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }

private:
  std::array<int, 2> ends_{};
};

} // namespace

TEST_F(endings, a_wait_for_input_ends_by_every_signal) {
  const auto p = pipe("p");
  const idle_pipe idle;
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    ends_by(start({"put", p}), number);
    ends_by(start({"check", "--cap-file", p}), number);
    ends_by(start_with([&](process_options& how) { how.input_descriptor = idle.reader(); }, {"put"}), number);
    ends_by(start({"--grid", p, "put", file("f", "x")}), number);
  }
}

TEST_F(endings, a_wait_for_a_reader_ends_by_the_first_signal) {
  const auto cap = put_new(noise(1'000'000));
  const idle_pipe idle;
  auto& get = start_with([&](process_options& how) { how.output_descriptor = idle.writer(); },
                         {"get", "--cap-file", cap});
  pollfd begun{idle.reader(), POLLIN, 0};
  ASSERT_EQ(::poll(&begun, 1, 20'000), 1);
  ends_by(get, SIGINT);
}

TEST_F(endings, a_capability_that_nobody_takes_yet_survives_the_first_signal) {
  const idle_pipe idle;
  // Full, so that the capability waits.
  ASSERT_EQ(::fcntl(idle.writer(), F_SETFL, O_NONBLOCK), 0);
  const std::string filling(4096, 'x');
  while (::write(idle.writer(), filling.data(), filling.size()) > 0) {
  }
  ASSERT_EQ(::fcntl(idle.writer(), F_SETFL, 0), 0);
  auto& put = start_with([&](process_options& how) { how.output_descriptor = idle.writer(); },
                         {"put", file("f", "content")});
  for (int i = 0; i < 2000 && shares() < 10; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_EQ(shares(), 10U);
  std::this_thread::sleep_for(std::chrono::milliseconds(500)); // and acknowledged
  put.signal(SIGINT);
  put.wait_for("interrupted");
  EXPECT_TRUE(put.running());
  std::string got;
  std::array<char, 65536> buffer{};
  ASSERT_EQ(::fcntl(idle.reader(), F_SETFL, O_NONBLOCK), 0);
  for (int i = 0; i < 400 && got.find("URI:SSK:") == std::string::npos; ++i) {
    const auto n = ::read(idle.reader(), buffer.data(), buffer.size());
    if (n > 0)
      got.append(buffer.data(), static_cast<std::size_t>(n));
    else
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_NE(got.find("URI:SSK:"), std::string::npos);
  EXPECT_EQ(put.wait(process::seconds(5)).signal, SIGINT);
}

TEST_F(endings, what_was_ignored_stays_ignored) {
  auto& put = start_with([](process_options& how) { how.ignored_signal = SIGHUP; }, {"put", pipe("p")});
  settle(put);
  put.signal(SIGHUP);
  settle(put);
  put.signal(SIGTERM);
  EXPECT_EQ(put.wait(process::seconds(3)).signal, SIGTERM);
}

TEST_F(endings, a_service_stops_by_any_of_them_and_at_once_by_a_second) {
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) {
    auto& server = start({"storage", "--directory", path("s"), "--listen", "127.0.0.1:0"});
    server.wait_for("listening on ");
    server.signal(number);
    const auto done = server.wait(process::seconds(5));
    EXPECT_EQ(done.code, 0) << number << done.err;
    EXPECT_NE(done.err.find("truckee: stopping"), std::string::npos) << done.err;
  }
}

TEST_F(endings, a_gateway_that_hangs_is_waited_for_no_longer_than_asked) {
  limits_ =
      "[limits]\nserver-deadline-seconds = 20\nconnect-timeout-seconds = 1\npatience-milliseconds = 60000\n";
  start_farm(false);
  auto& gateway = start(on_grid({"gateway", "--listen", "127.0.0.1:0"}));
  const auto at = gateway.wait_for("listening on ");
  const auto cap = put_new("first", {"--gateway", at});
  server(3).signal(SIGSTOP);
  auto& put =
      start({"--json", "--gateway", at, "put", file("f", "next"), "--cap-file", cap, "--timeout", "3"});
  put.wait_for("\"kind\":\"publish\"");
  gateway.signal(SIGSTOP);
  const auto done = put.wait(process::seconds(12));
  gateway.signal(SIGCONT);
  server(3).signal(SIGCONT);
  EXPECT_EQ(done.code, 5) << done.err;
  EXPECT_LT(done.seconds, 8);
  EXPECT_NE(done.err.find("may have been done or not"), std::string::npos) << done.err;
}
