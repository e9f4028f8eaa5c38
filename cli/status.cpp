#include "cli/as_json.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "cli/status_table.hpp"

#include <atomic>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

namespace truckee::cli {

using namespace messages;

namespace {

struct status_options {
  bool watch = false;
  double interval = 1;
};

/// What ends a watch or makes it look again.
class alarm {
public:
  void news() {
    change([this] { news_ = true; });
  }
  void end() {
    change([this] { ended_ = true; });
  }
  /// False once it was ended. News make it return early, but not more often than ten times a second.
  bool wait(seconds longest) {
    std::unique_lock lock(mutex_);
    const auto least = std::min<seconds>(longest, seconds(0.1));
    wake_.wait_for(lock, least, [this] { return ended_; });
    wake_.wait_for(lock, longest - least, [this] { return ended_ || news_; });
    news_ = false;
    return !ended_;
  }

private:
  template <class What>
  void change(What what) {
    {
      const std::lock_guard lock(mutex_);
      what();
    }
    wake_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  bool news_ = false;
  bool ended_ = false;
};

/// Rings when anything at the gateway changes.
class watcher_state {
public:
  using handle = progress_listener;
  static constexpr const char* name = "truckee.cli.watcher";

  watcher_state(shell<watcher_state>*, std::shared_ptr<alarm> bell) : bell_(std::move(bell)) {}
  behavior<handle> make_behavior() {
    return {[this](const progress_event&) { bell_->news(); }};
  }

private:
  std::shared_ptr<alarm> bell_;
};

result<status_reply> ask_status(session& s) {
  caf::scoped_actor self(s.system());
  result<status_reply> out = fail(errc::internal, "the gateway gave no answer");
  request_blocking(
      self, s.gateway(), std::chrono::seconds(10), status_request{}, [&](const status_reply& x) { out = x; },
      [&](const caf::error& e) {
        out = is_timeout(e) ? fail(errc::timeout, "the gateway has not answered within 10 seconds")
                            : fail(errc::unreachable, "the gateway is gone: " + describe(e, s.system()));
      });
  return out;
}

/// The whole terminal, drawn in place; the cursor is hidden meanwhile.
class terminal_picture {
public:
  explicit terminal_picture(bool on) : on_(on) {
    if (on_)
      std::cout << "\033[?25l\033[2J" << std::flush;
  }
  ~terminal_picture() {
    if (on_)
      std::cout << "\033[?25h" << std::flush;
  }
  terminal_picture(const terminal_picture&) = delete;
  terminal_picture& operator=(const terminal_picture&) = delete;

  void draw(const status_reply& x) {
    auto style = facts_of(STDOUT_FILENO).style; // asked each time: windows change their size
    if (!on_) {
      style.width = 200;
      std::cout << render_status(x, style) << std::endl;
      return;
    }
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1;
    std::string text = "\033[H";
    for (const char c : render_status(x, style, known ? size.ws_row - 1U : 0))
      text += c == '\n' ? std::string("\033[K\n") : std::string(1, c);
    std::cout << text << "\033[J" << std::flush;
  }

private:
  bool on_;
};

void print(const status_reply& x, bool json, bool one_line, terminal_picture& picture) {
  if (json)
    std::cout << as_json(x).dump(one_line ? -1 : 2) << std::endl;
  else
    picture.draw(x);
}

result<int> watch(session& s, const status_options& o, bool json) {
  const auto bell = std::make_shared<alarm>();
  const signal_watch signals([&](int) { bell->end(); });
  const auto listener = spawn<watcher_state>(s.system(), bell);
  {
    caf::scoped_actor self(s.system());
    // Where no more subscribers are taken, looking from time to time has to do.
    request_blocking(
        self, s.gateway(), std::chrono::seconds(10), subscribe{listener}, [](const subscribe_answer&) {},
        [](const caf::error&) {});
  }
  terminal_picture picture(!json && facts_of(STDOUT_FILENO).terminal);
  auto now = ask_status(s);
  for (; now && std::cout.good(); now = ask_status(s)) {
    print(*now, json, true, picture);
    if (!bell->wait(seconds(o.interval)))
      break;
  }
  caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  if (!now)
    return tl::unexpected(now.error());
  return exit_ok;
}

result<int> status(const status_options& o, const global_options& global) {
  if (global.gateway.empty())
    return fail(errc::usage, "status asks a running gateway: give its --gateway ADDRESS:PORT "
                             "(`truckee gateway` says where it listens)");
  auto session = open_session(global, {});
  if (!session)
    return tl::unexpected(session.error());
  if (o.watch)
    return watch(*session, o, global.json);
  const auto now = ask_status(*session);
  if (!now)
    return tl::unexpected(now.error());
  if (global.json) {
    std::cout << as_json(*now).dump(2) << std::endl;
  } else {
    auto style = facts_of(STDOUT_FILENO).style;
    if (!facts_of(STDOUT_FILENO).terminal)
      style.width = 200;
    std::cout << render_status(*now, style) << std::flush;
  }
  return std::cout.good() ? exit_ok : complain({errc::io, "cannot write to standard output"});
}

} // namespace

void add_status(CLI::App& app, program& p) {
  auto o = std::make_shared<status_options>();
  auto* cmd = app.add_subcommand(
      "status", "truckee status --gateway 127.0.0.1:4400\n"
                "truckee status --gateway 127.0.0.1:4400 --watch\n\n"
                "Shows what a gateway is doing: operations that run, wait and have ended, and its servers.\n"
                "With --json, JSON; with --json --watch, an object a line. --watch ends on Ctrl-C.");
  cmd->add_flag("--watch", o->watch, "Go on showing it as it changes");
  cmd->add_option("--interval", o->interval, "With --watch: look at least so often")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  cmd->callback([&p, o] { p.run = [&p, o] { return finish(status(*o, p.options)); }; });
}

} // namespace truckee::cli
