#include "truckee/messages/caf/scheduler.hpp"

#if !TRUCKEE_CAF_1

#include "truckee/messages/caf/system.hpp"

#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

struct running_system {
  messages::system_config config;
  caf::actor_system system{config};
};

/// An actor that hears numbers; CAF 0.17 wants an argument.
template <class Hear>
caf::actor spawn_hearer(caf::actor_system& system, Hear hear) {
  return system.spawn(
      [](caf::event_based_actor* self, const Hear& what) -> caf::behavior {
        return {[self, what](int x) { what(self, x); }};
      },
      hear);
}

void later(caf::actor_system& system, caf::actor_clock::time_point when, const caf::scoped_actor& who,
           int what) {
  system.clock().schedule_message(when, caf::actor_cast<caf::strong_actor_ptr>(who),
                                  caf::make_mailbox_element(nullptr, caf::make_message_id(),
                                                            caf::mailbox_element::forwarding_stack(), what));
}

/// How often the clock's thread went to sleep so far.
std::uint64_t sleeps_of_the_clock() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::ifstream(task.path() / "comm") >> name;
    if (name != "caf.clock")
      continue;
    std::ifstream status(task.path() / "status");
    for (std::string word; status >> word;)
      if (std::uint64_t times = 0; word == "voluntary_ctxt_switches:" && status >> times)
        return times;
  }
  ADD_FAILURE() << "there is no clock";
  return 0;
}

} // namespace

TEST(scheduler, a_deadline_that_is_set_later_and_comes_earlier_is_kept) {
  running_system here;
  caf::scoped_actor self(here.system);
  const auto begun = here.system.clock().now();
  later(here.system, begun + 1h, self, 1);
  std::this_thread::sleep_for(20ms); // the clock sleeps for an hour by now
  later(here.system, begun + 60ms, self, 2);
  later(here.system, begun + 70ms, self, 3);
  for (const int expected : {2, 3})
    self->receive([&](int x) { EXPECT_EQ(x, expected); });
  EXPECT_GE(here.system.clock().now() - begun, 70ms);
  EXPECT_LT(here.system.clock().now() - begun, 30s);
  here.system.clock().cancel_all();
}

TEST(scheduler, deadlines_that_are_taken_back_wake_nobody) {
  running_system here;
  const auto idle = spawn_hearer(here.system, [](caf::event_based_actor*, int) {});
  auto* const who = caf::actor_cast<caf::abstract_actor*>(idle);
  auto& clock = here.system.clock();
  const auto set_and_cancel = [&] {
    const auto id = caf::make_message_id(7).response_id();
    clock.set_request_timeout(clock.now() + 1h, who, id);
    clock.cancel_request_timeout(who, id);
    clock.cancel_timeouts(who);
  };
  set_and_cancel();
  std::this_thread::sleep_for(20ms);
  const auto before = sleeps_of_the_clock();
  for (int i = 0; i < 1000; ++i)
    set_and_cancel();
  std::this_thread::sleep_for(20ms);
  EXPECT_LE(sleeps_of_the_clock() - before, 5U);
  caf::anon_send_exit(idle, caf::exit_reason::user_shutdown);
}

TEST(scheduler, what_many_threads_send_is_all_heard) {
  running_system here;
  std::atomic<int> heard{0};
  constexpr int threads = 4;
  constexpr int actors = 50;
  constexpr int hops = 40;
  std::vector<caf::actor> all;
  for (int i = 0; i < actors; ++i)
    all.push_back(spawn_hearer(here.system, [&](caf::event_based_actor* self, int left) {
      ++heard;
      if (left > 0)
        self->send(all[static_cast<std::size_t>(left) % actors], left - 1);
    }));
  std::vector<std::thread> senders;
  for (int t = 0; t < threads; ++t)
    senders.emplace_back([&] {
      for (const auto& each : all)
        caf::anon_send(each, hops);
    });
  for (auto& each : senders)
    each.join();
  const int expected = threads * actors * (hops + 1);
  for (const auto until = std::chrono::steady_clock::now() + 60s;
       heard < expected && std::chrono::steady_clock::now() < until;)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(heard, expected);
  for (const auto& each : all)
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
}

TEST(scheduler, actors_that_keep_each_other_busy_starve_nobody) {
  running_system here;
  std::atomic<bool> over{false};
  std::vector<caf::actor> pairs(2 * (std::thread::hardware_concurrency() + 2));
  for (std::size_t i = 0; i < pairs.size(); ++i)
    pairs[i] = spawn_hearer(here.system, [&, other = i ^ 1](caf::event_based_actor* self, int x) {
      if (!over)
        self->send(pairs[other], x);
    });
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    caf::anon_send(pairs[i], 1);
  std::this_thread::sleep_for(20ms);
  std::atomic<int> heard{0};
  const auto third = spawn_hearer(here.system, [&](caf::event_based_actor*, int) { ++heard; });
  for (int i = 0; i < 10; ++i)
    caf::anon_send(third, i);
  for (const auto until = std::chrono::steady_clock::now() + 30s;
       heard < 10 && std::chrono::steady_clock::now() < until;)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(heard, 10);
  over = true;
  for (const auto& each : pairs)
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(third, caf::exit_reason::user_shutdown);
}

#endif
