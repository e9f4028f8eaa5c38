#include "truckee/cli/process/signals.hpp"

#include "truckee/cli/exit_code.hpp"

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <set>
#include <system_error>
#include <thread>

namespace truckee::cli {

namespace {

constexpr std::array ending{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU};

sigset_t set_of(const auto& signals) {
  sigset_t out;
  sigemptyset(&out);
  for (const int each : signals)
    sigaddset(&out, each);
  return out;
}

/// Whoever watches, and the thread in which it is told: made when a signal comes, which is hardly ever.
struct watcher {
  std::function<void(int)> on_signal;
  std::thread thread;
};

/// What has come and was not taken yet. A process has one set of signals, so there is one of these.
class inbox {
public:
  static inbox& only() {
    static auto* const one = new inbox; // never destroyed: its thread lives as long as the process
    return *one;
  }

  void begin() {
    for (const int each : ending) {
      struct sigaction now {};
      if (sigaction(each, nullptr, &now) == 0 && now.sa_handler == SIG_IGN)
        ignored_.insert(each);
    }
    const auto set = set_of(ending);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::thread([this, set] {
      for (;;) {
        int which = 0;
        if (sigwait(&set, &which) == 0)
          on(which);
      }
    }).detach();
  }

  void hold_hangups() {
    const std::lock_guard lock(mutex_);
    hangups_held_ = true;
  }
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  /// Nobody wants it any more: what comes now ends the process.
  void release() {
    const std::lock_guard lock(mutex_);
    release_locked();
  }
  int next() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return !waiting_.empty(); });
    return take();
  }

  void begin_watch(watcher& who) {
    const std::lock_guard lock(mutex_);
    held_ = true;
    watcher_ = &who;
    if (!waiting_.empty())
      tell_watcher(take());
  }
  /// Waits for what it does. Nobody wants a signal then.
  void end_watch(watcher& who) {
    {
      const std::lock_guard lock(mutex_);
      watcher_ = nullptr;
      if (!who.thread.joinable())
        return release_locked();
    }
    who.thread.join();
    release();
  }
  bool is_hangup(int which) {
    const std::lock_guard lock(mutex_);
    return which == SIGHUP && hangups_held_;
  }

private:
  void release_locked() {
    held_ = false;
    waiting_.clear();
  }
  int take() {
    const int which = waiting_.front();
    waiting_.pop_front();
    return which;
  }
  void tell_watcher(int which) {
    try {
      watcher_->thread = std::thread(watcher_->on_signal, which);
    } catch (const std::system_error&) {
      end_process(ended_by(which)); // who takes the next one cannot do what the first one asks for
    }
  }

  void on(int which) {
    bool end = false;
    {
      const std::lock_guard lock(mutex_);
      const bool hangup = which == SIGHUP && hangups_held_;
      if (!hangup && ignored_.contains(which))
        return;
      if (!hangup) {
        end = came_before_ || !held_;
        came_before_ = true;
      }
      if (!end && watcher_ != nullptr && !watcher_->thread.joinable())
        return tell_watcher(which);
      if (!end)
        waiting_.push_back(which);
    }
    if (end)
      end_process(ended_by(which));
    came_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<int> waiting_;
  watcher* watcher_ = nullptr;
  std::set<int> ignored_; ///< when the program began
  bool hangups_held_ = false;
  bool held_ = false;        ///< somebody takes the first
  bool came_before_ = false; ///< and it came
};

} // namespace

void take_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  inbox::only().begin();
}

void end_process(int code) {
  if (code > ended_by(0)) {
    const int which = code - ended_by(0);
    std::signal(which, SIG_DFL);
    const auto set = set_of(std::array{which});
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    std::raise(which);
  }
  std::_Exit(code);
}

struct signal_watch::state : watcher {};

signal_watch::signal_watch(std::function<void(int)> on_signal) : state_(std::make_unique<state>()) {
  state_->on_signal = std::move(on_signal);
  inbox::only().begin_watch(*state_);
}

signal_watch::~signal_watch() {
  inbox::only().end_watch(*state_);
}

void block_hangups() {
  inbox::only().hold_hangups();
}

void hold_signals() {
  inbox::only().hold();
}

int wait_for_signal(const std::function<void()>& on_hangup) {
  auto& in = inbox::only();
  in.hold();
  for (;;) {
    const int which = in.next();
    if (!in.is_hangup(which))
      return which;
    on_hangup();
  }
}

} // namespace truckee::cli
