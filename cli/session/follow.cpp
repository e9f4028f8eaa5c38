#include "truckee/cli/session/follow.hpp"

#include "truckee/cli/files/secret_files.hpp"
#include "truckee/cli/terminal/progress_bar.hpp"
#include "truckee/messages/operations.hpp"
#include "truckee/messages/types.hpp"
#include "truckee/status/as_json.hpp"

#include <unistd.h>

namespace truckee::cli {

using namespace messages;

namespace {

/// From events to what the bar shows.
class bar_state {
public:
  using handle = extended<progress_listener, void(continuation)>;
  static constexpr const char* name = "truckee.cli.progress";

  bar_state(shell<bar_state>* self, operation_token token, std::shared_ptr<bottom_line> screen)
    : self_(self), token_(token), display_(facts_of(STDERR_FILENO), std::move(screen)) {}

  behavior<handle> make_behavior() {
    return {[this](const progress_event& x) {
              if (x.token != token_)
                return;
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
  operation_token token_;
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

  json_state(shell<json_state>*, operation_token token, std::shared_ptr<bottom_line> screen)
    : token_(token), screen_(std::move(screen)) {}

  behavior<handle> make_behavior() {
    return {[this](const progress_event& x) {
      if (x.token != token_ || (!x.finished && said_ && x.seconds < said_->count() + 0.1))
        return;
      said_ = seconds(x.seconds);
      screen_->print(without_capabilities(status::as_json(x, status::json_form::one_line)));
    }};
  }

private:
  operation_token token_;
  std::shared_ptr<bottom_line> screen_;
  std::optional<seconds> said_;
};

} // namespace

progress_listener follow_operation(caf::actor_system& system, operation_token token, bool json,
                                   std::shared_ptr<bottom_line> screen) {
  if (json)
    return spawn<json_state>(system, token, std::move(screen));
  return spawn<bar_state>(system, token, std::move(screen));
}

} // namespace truckee::cli
