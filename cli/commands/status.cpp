#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/status_table.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/status/as_json.hpp"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <sys/ioctl.h>
#include <unistd.h>

namespace truckee::cli {

using namespace messages;

namespace {

struct status_options {
  std::uint64_t operation = 0; ///< 0: all of them
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

/// What was asked for, as it is now: everything, or one operation.
class picture {
public:
  explicit picture(status_reply x) : what_(std::move(x)) {}
  explicit picture(operation_detail x) : what_(std::move(x)) {}

  /// Nothing follows any more.
  bool is_last() const {
    const auto* one = std::get_if<operation_detail>(&what_);
    return one != nullptr && one->event.finished;
  }
  std::string text(const progress_style& style, std::size_t rows = 0) const {
    if (const auto* one = std::get_if<operation_detail>(&what_))
      return render_operation(*one, style, rows);
    return render_status(std::get<status_reply>(what_), style, rows);
  }
  std::string json(status::json_form form) const {
    return without_capabilities(std::visit([&](const auto& x) { return status::as_json(x, form); }, what_));
  }

private:
  std::variant<status_reply, operation_detail> what_;
};

/// How long a gateway may take for what it answers at once.
constexpr std::chrono::seconds answer_max{10};

template <class Request>
auto ask_for(session& s, Request request) {
  auto out = control::ask_within(s.system(), s.gateway(), answer_max, std::move(request));
  if (!out && out.error().code == errc::timeout)
    out = fail(errc::timeout, "the gateway has not answered within 10 seconds");
  else if (!out && out.error().code == errc::unreachable)
    out = fail(errc::unreachable, "the gateway is gone");
  return out;
}

result<picture> look(session& s, const status_options& o) {
  if (o.operation == 0) {
    auto all = ask_for(s, status_request{});
    return all ? result<picture>(picture(std::move(*all))) : tl::unexpected(all.error());
  }
  auto one = ask_for(s, operation_detail_request{o.operation});
  if (!one)
    return tl::unexpected(one.error());
  if (!one->found)
    return fail(errc::usage,
                "--operation " + std::to_string(o.operation) +
                    ": the gateway knows no such operation; it has ended too long ago, or never was "
                    "(`truckee status` lists those it knows)");
  return picture(std::move(*one));
}

/// The whole terminal, drawn in place; the cursor is hidden meanwhile.
class terminal_picture {
public:
  explicit terminal_picture(bool on) : on_(on) {
    if (on_)
      write("\033[?25l\033[2J");
  }
  ~terminal_picture() {
    if (on_)
      write("\033[?25h");
  }
  terminal_picture(const terminal_picture&) = delete;
  terminal_picture& operator=(const terminal_picture&) = delete;

  void draw(const picture& x) {
    auto style = facts_of(STDOUT_FILENO).style; // asked each time: windows change their size
    if (!on_) {
      style.width = 200;
      return write(x.text(style) + "\n");
    }
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1;
    std::string text = "\033[H";
    for (const char c : x.text(style, known ? size.ws_row - 1U : 0))
      text += c == '\n' ? std::string("\033[K\n") : std::string(1, c);
    write(text + "\033[J");
  }
  void write(std::string_view text) {
    if (problem_ == 0)
      problem_ = write_output(text);
  }
  /// 0, or errno of the first thing that could not be written.
  int problem() const { return problem_; }

private:
  bool on_;
  int problem_ = 0;
};

result<int> watch(session& s, const status_options& o, bool json) {
  const auto bell = std::make_shared<alarm>();
  const signal_watch signals([&](int) { bell->end(); });
  const auto listener = spawn<watcher_state>(s.system(), bell);
  // Where no more subscribers are taken, looking from time to time has to do.
  (void)ask_for(s, subscribe{listener});
  terminal_picture screen(!json && facts_of(STDOUT_FILENO).terminal);
  auto now = look(s, o);
  for (; now && screen.problem() == 0; now = look(s, o)) {
    if (json)
      screen.write(now->json(status::json_form::one_line));
    else
      screen.draw(*now);
    if (now->is_last() || !bell->wait(seconds(o.interval)))
      break;
  }
  caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  if (!now)
    return tl::unexpected(now.error());
  if (screen.problem() == EPIPE)
    return ended_by(SIGPIPE);
  return screen.problem() == 0 ? result<int>(exit_ok) : fail(errc::io, output_problem(screen.problem()));
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
  const auto now = look(*session, o);
  if (!now)
    return tl::unexpected(now.error());
  if (global.json)
    return give(now->json(status::json_form::indented));
  auto style = facts_of(STDOUT_FILENO).style;
  if (!facts_of(STDOUT_FILENO).terminal)
    style.width = 200;
  return give(now->text(style));
}

} // namespace

void add_status(CLI::App& app, program& p) {
  auto o = std::make_shared<status_options>();
  auto* cmd = app.add_subcommand(
      "status",
      "truckee status --gateway 127.0.0.1:4400\n"
      "truckee status --gateway 127.0.0.1:4400 --watch\n"
      "truckee status --gateway 127.0.0.1:4400 --operation 12\n\n"
      "Shows what a gateway is doing: operations that run, wait and have ended, and its servers; or one\n"
      "operation, with its stages and what each server got. With --json, JSON; with --json --watch, an\n"
      "object a line. --watch ends on Ctrl-C, or with the operation.");
  cmd->add_option("--operation", o->operation, "One operation, by the ID that is shown for it")
      ->check(CLI::PositiveNumber)
      ->type_name("ID");
  cmd->add_flag("--watch", o->watch, "Go on showing it as it changes");
  cmd->add_option("--interval", o->interval, "With --watch: look at least so often")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  cmd->callback([&p, o] { p.run = [&p, o] { return finish(status(*o, p.options)); }; });
}

} // namespace truckee::cli
