#include "truckee/cli/session/follow.hpp"

#include "truckee/cli/files/secret_files.hpp"
#include "truckee/cli/terminal/progress_bar.hpp"
#include "truckee/messages/operations.hpp"
#include "truckee/messages/types.hpp"
#include "truckee/status/as_json.hpp"

#include <algorithm>
#include <optional>
#include <unistd.h>

namespace truckee::cli {

using namespace messages;

namespace {

/// What is shown of events: of parts of a file, all of it.
class shown_events {
public:
  shown_events(operation_token token, std::shared_ptr<read_extent> extent)
    : token_(token), extent_(std::move(extent)) {}

  /// Nothing where it is another operation's, or a part ends that went well: that is no end.
  std::optional<progress_event> of(const progress_event& x) {
    if (x.token != token_)
      return std::nullopt;
    if (!extent_)
      return x;
    auto out = x;
    const double part = x.bytes_total > 0 ? static_cast<double>(x.bytes_total) : 0;
    const double total = static_cast<double>(std::max(extent_->total.load(), x.bytes_total));
    const auto before = extent_->before.load();
    out.progress = total > 0 ? std::min(1.0, (static_cast<double>(before) + x.progress * part) / total) : 0;
    out.bytes_total = static_cast<std::uint64_t>(total);
    out.bytes_done = std::min(out.bytes_total, before + x.bytes_done);
    if (!first_)
      first_ = x.started_ms;
    out.seconds += static_cast<double>(x.started_ms - std::min(x.started_ms, *first_)) / 1000;
    out.started_ms = *first_;
    if (!x.finished || !x.ok)
      return out;
    last_ = std::move(out);
    return std::nullopt;
  }
  /// The end that was not shown, once there will be no more.
  const std::optional<progress_event>& last() const { return last_; }

private:
  operation_token token_;
  std::shared_ptr<read_extent> extent_;
  std::optional<std::uint64_t> first_; ///< when the first part was asked for
  std::optional<progress_event> last_;
};

/// From events to what the bar shows.
class bar_state {
public:
  using handle = extended<progress_listener, void(continuation)>;
  static constexpr const char* name = "truckee.cli.progress";

  bar_state(shell<bar_state>* self, shown_events shown, std::shared_ptr<bottom_line> screen)
    : self_(self), shown_(std::move(shown)), display_(facts_of(STDERR_FILENO), std::move(screen)) {}

  behavior<handle> make_behavior() {
    return {[this](const progress_event& any) {
              const auto here = shown_.of(any);
              if (!here)
                return;
              const auto& x = *here;
              if (x.finished) {
                now_.reset();
                display_.finish({});
                return;
              }
              const bool first = !now_;
              now_ = state_of(x);
              heard_ = clock::now();
              display_.update(*now_);
              if (first)
                tick();
            },
            [](const continuation& rest) { rest.run(); }};
  }

private:
  using clock = std::chrono::steady_clock;

  /// Time goes on where there is no news: while one server is waited for, nothing else happens.
  void tick() {
    send_later(self_, std::chrono::milliseconds(100), continuation{[this] {
                 if (!now_)
                   return;
                 auto later = *now_;
                 later.elapsed += clock::now() - heard_;
                 display_.update(later);
                 tick();
               }});
  }

  progress_state state_of(const progress_event& x) {
    // Steps of one operation move different bytes: a repair reads shares, then sends them.
    if (x.bytes_done == 0 || x.bytes_total != bytes_total_)
      bytes_since_ = seconds(x.seconds);
    bytes_total_ = x.bytes_total;
    return {x.text,       x.progress,    x.placed,           x.goal,
            x.bytes_done, x.bytes_total, seconds(x.seconds), bytes_since_};
  }

  shell<bar_state>* self_;
  shown_events shown_;
  std::optional<progress_state> now_; ///< while it runs
  clock::time_point heard_;
  std::uint64_t bytes_total_ = 0;
  seconds bytes_since_{};
  progress_display display_;
};

/// From events to lines of JSON, ten a second at most.
class json_state {
public:
  using handle = progress_listener;
  static constexpr const char* name = "truckee.cli.json_progress";

  json_state(shell<json_state>*, shown_events shown, std::shared_ptr<bottom_line> screen)
    : shown_(std::move(shown)), screen_(std::move(screen)) {}
  ~json_state() {
    if (shown_.last())
      print(*shown_.last());
  }
  json_state(const json_state&) = delete;
  json_state& operator=(const json_state&) = delete;

  behavior<handle> make_behavior() {
    return {[this](const progress_event& any) {
      const auto x = shown_.of(any);
      if (!x || (!x->finished && said_ && x->seconds < said_->count() + 0.1))
        return;
      said_ = seconds(x->seconds);
      print(*x);
    }};
  }

private:
  void print(const progress_event& x) {
    screen_->print(without_capabilities(status::as_json(x, status::json_form::one_line)));
  }

  shown_events shown_;
  std::shared_ptr<bottom_line> screen_;
  std::optional<seconds> said_;
};

} // namespace

progress_listener follow_operation(caf::actor_system& system, operation_token token, bool json,
                                   std::shared_ptr<bottom_line> screen, std::shared_ptr<read_extent> extent) {
  shown_events shown(token, std::move(extent));
  if (json)
    return spawn<json_state>(system, std::move(shown), std::move(screen));
  return spawn<bar_state>(system, std::move(shown), std::move(screen));
}

} // namespace truckee::cli
