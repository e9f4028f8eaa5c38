#include "truckee/gbs/client/client.hpp"

#include "gbs/fake_server.hpp"
#include "truckee/gbs/answers.hpp"
#include "truckee/gbs/requests.hpp"

#include <cstdlib>
#include <future>
#include <gtest/gtest.h>
#include <sched.h>
#include <thread>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

/// Runs `body`, and every thread that it starts, in a network of its own where a line takes 5 Mbit/s; false where that cannot be
/// had, which takes root.
bool on_a_slow_line(const std::function<void()>& body) {
  bool made = false;
  std::thread([&] {
    made = ::unshare(CLONE_NEWNET) == 0 && std::system("ip link set lo mtu 1500 up && tc qdisc add dev lo "
                                                       "root tbf rate 5mbit burst 16kb latency 200ms") == 0;
    if (made)
      body();
  }).join();
  return made;
}

grid::read_test_write change_of(std::size_t size) {
  grid::read_test_write out;
  out.changes = {{share_number{0}, {}, {{0, shared_bytes(bytes(size, std::byte{0x61}))}}, {}}};
  return out;
}

} // namespace

/// Several seconds of it lie in the kernel's buffer once libcurl has nothing left to send, and no byte of an answer comes meanwhile.
TEST(slow_line, a_large_change_takes_longer_than_its_deadline_and_ends_well) {
  constexpr auto silence = 1s;
  constexpr std::size_t size = 4 << 20;
  const bool made = on_a_slow_line([&] {
    const auto server = test::fake_server::in_memory();
    gbs::client client;
    const auto line = client.open({.at = server->nurl().at, .pin = server->nurl().pin});
    std::promise<gbs::outcome> told;
    const auto begin = std::chrono::steady_clock::now();
    line->send(*gbs::ask_read_test_write(server->nurl().swissnum, change_of(size)), silence,
               [&](gbs::outcome x) { told.set_value(std::move(x)); });
    const auto got = told.get_future().get();
    ASSERT_EQ(got.how, gbs::carried::answered) << got.text;
    EXPECT_TRUE(gbs::read_read_test_write(got.answer, {})->success);
    EXPECT_GT(std::chrono::steady_clock::now() - begin, 4 * silence) << "the line was not slow";
    const grid::read_vector range{0, size};
    std::promise<gbs::outcome> read;
    line->send(*gbs::ask_range(server->nurl().swissnum, {}, share_number{0}, range), silence,
               [&](gbs::outcome x) { read.set_value(std::move(x)); });
    const auto back = read.get_future().get();
    ASSERT_EQ(back.how, gbs::carried::answered) << back.text;
    EXPECT_EQ(back.answer.body.size(), size);
  });
  if (!made)
    GTEST_SKIP() << "not possible here: a network of its own with a slow line takes root, ip and tc";
}
