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
    held_ = false;
    waiting_.clear();
  }
  /// The next one; nothing once stop() says so.
  template <class Stop>
  int next(Stop stop) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return !waiting_.empty() || stop(); });
    if (waiting_.empty())
      return 0;
    const int which = waiting_.front();
    waiting_.pop_front();
    return which;
  }
  template <class Change>
  void change(Change what) {
    {
      const std::lock_guard lock(mutex_);
      what();
    }
    came_.notify_all();
  }
  bool is_hangup(int which) {
    const std::lock_guard lock(mutex_);
    return which == SIGHUP && hangups_held_;
  }

private:
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

struct signal_watch::state {
  bool stopping = false;
  std::thread thread;
};

signal_watch::signal_watch(std::function<void(int)> on_signal) : state_(std::make_unique<state>()) {
  inbox::only().hold();
  state_->thread = std::thread([s = state_.get(), on_signal = std::move(on_signal)] {
    if (const int which = inbox::only().next([s] { return s->stopping; }); which != 0)
      on_signal(which);
  });
}

signal_watch::~signal_watch() {
  inbox::only().change([this] { state_->stopping = true; });
  state_->thread.join();
  inbox::only().release();
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
    const int which = in.next([] { return false; });
    if (!in.is_hangup(which))
      return which;
    on_hangup();
  }
}

} // namespace truckee::cli
