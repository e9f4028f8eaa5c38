#pragma once

#include <functional>
#include <memory>

/// How signals end the program. A thread of its own takes those that would end it (HUP, INT, TERM, USR1, USR2, ALRM, XCPU);
/// all others hold them back, so that no wait anywhere (a read of a terminal, the opening of a pipe) can keep the program
/// from ending. The first goes to whoever watches, and ends the program where nobody does; the second ends it at once. What
/// was ignored when the program began (nohup) stays ignored.
namespace truckee::cli {

/// Begins that, before there is any other thread. SIGPIPE and SIGXFSZ become errors of the write.
void take_signals();

/// Ends the process now: with this exit code, or, where it is ended_by(a signal), by that signal.
[[noreturn]] void end_process(int code);

/// Calls `on_signal(which)`, in a thread of its own, for the first signal that comes; until destroyed. One at a time.
class signal_watch {
public:
  explicit signal_watch(std::function<void(int signal)> on_signal);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// From now on SIGHUP waits for wait_for_signal() and ends nothing: for programs that take on new settings then.
void block_hangups();

/// From now on the first signal waits for wait_for_signal(): a service says that it is ready after this.
void hold_signals();

/// Waits for a signal and returns it; calls `on_hangup` each time SIGHUP comes, where that is held back.
int wait_for_signal(const std::function<void()>& on_hangup = [] {});

} // namespace truckee::cli
