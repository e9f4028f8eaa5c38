#include "truckee/cli/session/repair_all.hpp"

#include "truckee/base/text.hpp"
#include "truckee/cli/files/cap_list.hpp"
#include "truckee/cli/files/journal.hpp"
#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/session/inputs.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/status/json_text.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

/// Repairs at a time: each may hold a file and its shares in memory, and more of them only wait for the same disks.
constexpr std::size_t repairs_at_once = 4;

/// So often a gateway without room is asked for one file.
constexpr std::size_t asked_max = 60;

/// What became of one file.
enum class repair_end : std::uint8_t { healthy, repaired, left, failed };

repair_end end_of(const repair_reply& x) {
  if (!x.ok)
    return repair_end::failed;
  if (x.done != repair_action::nothing)
    return repair_end::repaired;
  return x.before.healthy ? repair_end::healthy : repair_end::left;
}

std::string line_of(const repair_reply& x) {
  const auto version = std::to_string(x.write.version.value);
  switch (end_of(x)) {
  case repair_end::healthy:
    return "healthy";
  case repair_end::repaired:
    return x.done == repair_action::refilled ? "repaired: shares were put back at version " + version
                                             : "repaired: published again as version " + version;
  case repair_end::left:
    return "not healthy, and nothing that a repair can mend now: repair again when all servers answer";
  case repair_end::failed:
    return "failed: " + std::string(to_word(x.failure.code)) + ": " + x.failure.detail;
  }
  return {};
}

/// What a journal of this is for: repairs on this grid, by this grid file or gateway. By another one what was done is not done.
result<std::string> purpose_of(const global_options& global) {
  std::string out = "repair --all, ";
  if (!global.gateway.empty())
    return out + "gateway " + global.gateway;
  if (global.grid_file.empty())
    return out + "embedded grid";
  constexpr std::size_t grid_file_bytes_max = std::size_t{16} << 20;
  const auto content = read_small_file(global.grid_file, grid_file_bytes_max);
  if (!content)
    return fail(errc::configuration, content.error().detail);
  return out + "grid file " + std::string(as_text(*content));
}

class repair_run {
public:
  repair_run(session& s, const repair_all_options& o, std::vector<listed_cap> files, journal* done)
    : session_(s), options_(o), files_(std::move(files)), asked_(files_.size()), journal_(done) {
    for (std::size_t i = 0; i < files_.size(); ++i)
      if (journal_ != nullptr && journal_->has(files_[i].file))
        ++done_before_;
      else
        waiting_.push_back(i);
  }

  int run() {
    int by = 0;
    {
      const signal_watch watch([&](int which) { interrupt(which); });
      while (auto next = await())
        take(next->first, next->second);
      const std::lock_guard lock(guard_);
      by = signal_;
    }
    session_.ending->signal = by;
    sum_up();
    return exit_code_;
  }

private:
  using clock = std::chrono::steady_clock;
  using ended = std::pair<std::size_t, repair_reply>;

  /// The next one that has ended, with as many under way as may be; nothing when all is done.
  std::optional<ended> await() {
    std::unique_lock lock(guard_);
    for (;;) {
      while (!stopping_ && !waiting_.empty() && running_.size() < repairs_at_once &&
             clock::now() >= not_before_)
        begin(lock);
      if (!ended_.empty()) {
        auto out = std::move(ended_.front());
        ended_.pop_front();
        running_.erase(out.first);
        return out;
      }
      if (running_.empty() && (stopping_ || waiting_.empty()))
        return std::nullopt;
      if (clock::now() < not_before_)
        changed_.wait_until(lock, not_before_);
      else
        changed_.wait(lock);
    }
  }

  void begin(std::unique_lock<std::mutex>& lock) {
    const auto index = waiting_.front();
    waiting_.pop_front();
    repair_request request;
    request.token.value = 1 + system_random().below(UINT64_MAX - 1);
    request.write_cap = files_[index].cap.view();
    request.force = options_.force;
    request.timeout_ms = options_.timeout_ms();
    running_[index] = request.token;
    ++asked_[index];
    lock.unlock();
    control::ask_then<repair_request, repair_reply>(session_.system(), session_.gateway(), std::move(request),
                                                    [this, index](repair_reply reply) {
                                                      const std::lock_guard guard(guard_);
                                                      ended_.emplace_back(index, std::move(reply));
                                                      changed_.notify_all();
                                                    });
    lock.lock();
  }

  void interrupt(int which) {
    std::vector<operation_token> running;
    {
      const std::lock_guard lock(guard_);
      signal_ = which;
      stopping_ = true;
      for (const auto& [index, token] : running_)
        running.push_back(token);
      changed_.notify_all();
    }
    session_.screen->print("truckee: interrupted; ending " + std::to_string(running.size()) +
                           " repairs so that versions stay recoverable (again: end at once)\n");
    // From an actor: the gateway lets nobody's messages end what is somebody's.
    caf::scoped_actor from(session_.system());
    for (const auto token : running)
      request_blocking(
          from, session_.gateway(), std::chrono::seconds(1), cancel_request{token},
          [](const cancel_answer&) {}, [](const caf::error&) {});
  }

  void take(std::size_t index, const repair_reply& reply) {
    const auto& file = files_[index];
    if (reply.busy && asked_[index] < asked_max) { // a gateway that others use as well
      const std::lock_guard lock(guard_);
      waiting_.push_front(index);
      not_before_ =
          clock::now() + std::chrono::milliseconds(std::max<std::uint64_t>(100, reply.busy->retry_after_ms));
      return;
    }
    const auto end = end_of(reply);
    ++ends_[end];
    if (end == repair_end::failed)
      failures_.insert(exit_code_of(reply.failure.code));
    if (journal_ != nullptr && (end == repair_end::healthy || end == repair_end::repaired))
      if (const auto kept = journal_->add(file.file); !kept)
        stop(complain(kept.error()));
    say(file, reply);
  }

  void say(const listed_cap& file, const repair_reply& reply) {
    if (reader_gone_)
      return;
    const auto name = crypto::to_base32(file.file.view());
    int given = exit_ok;
    if (session_.json) {
      auto object = with_format(as_json(reply), file.cap.view());
      object["line"] = file.line;
      object["storage_index"] = name;
      given = give(status::json_text(object, status::json_form::one_line));
    } else {
      given = give(name + " (line " + std::to_string(file.line) +
                   "): " + escaped(without_capabilities(line_of(reply))) + "\n");
    }
    if (given != exit_ok) {
      reader_gone_ = true;
      stop(given);
    }
  }

  /// Nothing more is begun.
  void stop(int code) {
    const std::lock_guard lock(guard_);
    stopping_ = true;
    stopped_by_ = code;
  }

  void sum_up() {
    const auto failed = ends_[repair_end::failed];
    const auto left = ends_[repair_end::left];
    const auto not_begun = waiting_.size();
    exit_code_ = failures_.size() == 1  ? int(*failures_.begin())
                 : failures_.size() > 1 ? exit_failure
                 : left > 0             ? exit_not_enough
                 : not_begun > 0        ? exit_failure
                                        : exit_ok;
    if (stopped_by_ != exit_ok)
      exit_code_ = stopped_by_;
    if (session_.json && !reader_gone_) {
      const auto given = give(status::json_text({{"files", files_.size()},
                                                 {"healthy", ends_[repair_end::healthy]},
                                                 {"repaired", ends_[repair_end::repaired]},
                                                 {"left", left},
                                                 {"failed", failed},
                                                 {"done_before", done_before_},
                                                 {"not_begun", not_begun}},
                                                status::json_form::one_line));
      if (exit_code_ == exit_ok)
        exit_code_ = given;
    }
    std::string text = std::to_string(files_.size()) +
                       " files: " + std::to_string(ends_[repair_end::healthy]) + " healthy, " +
                       std::to_string(ends_[repair_end::repaired]) + " repaired";
    const auto add = [&](std::size_t count, const char* what) {
      if (count > 0)
        text += ", " + std::to_string(count) + " " + what;
    };
    add(done_before_, "done before");
    add(left, "not healthy, to be repaired again when all servers answer");
    add(failed, "failed");
    add(not_begun, "not begun");
    if (not_begun + left + failed > 0)
      text += journal_ != nullptr ? "; the same command goes on with these"
                                  : "; the same command looks at all again (--resume FILE: at these only)";
    tell(text + "\n");
  }

  session& session_;
  const repair_all_options& options_;
  std::vector<listed_cap> files_;
  std::vector<std::size_t> asked_; ///< how often, by file
  journal* journal_;
  std::size_t done_before_ = 0;
  std::map<repair_end, std::size_t> ends_;
  std::set<exit_code> failures_;
  bool reader_gone_ = false;
  int exit_code_ = exit_ok;

  std::mutex guard_; ///< of what follows
  std::condition_variable changed_;
  std::deque<std::size_t> waiting_;
  std::map<std::size_t, operation_token> running_;
  std::deque<ended> ended_;
  clock::time_point not_before_ = {};
  bool stopping_ = false;
  int stopped_by_ = exit_ok;
  int signal_ = 0;
};

} // namespace

int repair_all(const repair_all_options& o, const global_options& global) {
  if (auto kept = keep_inputs(o, global, o.list, o.journal); !kept)
    return complain(kept.error());
  auto files = read_cap_list(o.list);
  if (!files)
    return complain(files.error());
  if (o.list != "-")
    warn_of_readers(o.list, "capabilities");
  std::optional<journal> done;
  if (!o.journal.empty()) {
    const auto what = purpose_of(global);
    if (!what)
      return complain(what.error());
    auto opened = journal::open(o.journal, *what);
    if (!opened)
      return complain(opened.error());
    done = std::move(*opened);
  }
  auto session = open_session(global, o.metrics);
  if (!session)
    return complain(session.error());
  return repair_run(*session, o, std::move(*files), done ? &*done : nullptr).run();
}

} // namespace truckee::cli
