#include "truckee/cli/process/signals.hpp"

#include <atomic>
#include <csignal>
#include <pthread.h>
#include <thread>

namespace truckee::cli {

namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

} // namespace

void block_signals() {
  const auto set = ending_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

struct signal_watch::state {
  std::atomic<bool> stopping{false};
  std::thread thread;
};

signal_watch::signal_watch(std::function<void(int)> on_signal) : state_(std::make_unique<state>()) {
  state_->thread = std::thread([s = state_.get(), on_signal = std::move(on_signal)] {
    const auto set = ending_signals();
    const timespec tick{0, 50'000'000};
    int count = 0;
    while (!s->stopping)
      if (sigtimedwait(&set, nullptr, &tick) > 0)
        on_signal(++count);
  });
}

signal_watch::~signal_watch() {
  state_->stopping = true;
  state_->thread.join();
}

void block_hangups() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_signal(const std::function<void()>& on_hangup) {
  auto set = ending_signals();
  sigaddset(&set, SIGHUP);
  for (;;) {
    int which = 0;
    sigwait(&set, &which);
    if (which != SIGHUP)
      return;
    on_hangup();
  }
}

} // namespace truckee::cli
