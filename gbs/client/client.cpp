#include "truckee/gbs/client/client.hpp"

#include "truckee/gbs/client/transfer.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace truckee::gbs {

namespace {

using clock = transfer::clock;

/// How often it is looked whether bytes moved, while anything is under way: well below every deadline.
constexpr std::chrono::milliseconds look_every{100};
constexpr std::chrono::milliseconds idle_wait{60'000}; ///< woken up by whoever wants something
/// Connections that are kept for later, of all servers together: a descriptor each.
constexpr long kept_connections_max = 256;

/// What is under way to one server, and what waits. In the client's thread only.
struct lane {
  explicit lane(line_options with) : options(std::move(with)) {}
  line_options options;
  std::deque<std::unique_ptr<transfer>> waiting;
  std::list<std::unique_ptr<transfer>> active;
  clock::time_point last_moved = clock::now();
};

void begin_libcurl() {
  static const CURLcode begun = curl_global_init(CURL_GLOBAL_DEFAULT); // for the whole process, once
  (void)begun;
}

} // namespace

/// The thread and what it works on. Everything but `post` and `stop` is the thread's own.
struct client::core : std::enable_shared_from_this<client::core> {
  core() {
    begin_libcurl();
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kept_connections_max);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }
  ~core() {
    end_all();
    curl_multi_cleanup(multi);
  }
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  /// Runs `job` in the thread; false where it has ended.
  bool post(std::function<void()> job) {
    {
      const std::lock_guard held(mutex);
      if (stopping)
        return false;
      inbox.push_back(std::move(job));
      if (!thread.joinable())
        thread = std::thread([me = shared_from_this()] { me->run(); });
    }
    curl_multi_wakeup(multi);
    return true;
  }

  void stop() {
    std::thread ending;
    {
      const std::lock_guard held(mutex);
      stopping = true;
      ending = std::move(thread);
    }
    curl_multi_wakeup(multi);
    if (!ending.joinable())
      return;
    if (ending.get_id() == std::this_thread::get_id())
      ending.detach(); // the last who held the client was one of its own callbacks
    else
      ending.join();
  }

  void run() {
    // Whoever writes to a connection that is gone gets EPIPE; a host's signals are its own affair.
    sigset_t pipes;
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipes, nullptr);
    while (take_jobs()) {
      int running = 0;
      curl_multi_perform(multi, &running);
      finish_ended();
      watch();
      const auto wait = lanes_busy() ? look_every : idle_wait;
      curl_multi_poll(multi, nullptr, 0, static_cast<int>(wait.count()), nullptr);
    }
    end_all();
  }

  bool take_jobs() {
    std::vector<std::function<void()>> jobs;
    {
      const std::lock_guard held(mutex);
      if (stopping) {
        jobs.swap(inbox); // destroyed, not run, and without the lock
        return false;
      }
      jobs.swap(inbox);
    }
    for (const auto& job : jobs)
      job();
    return true;
  }

  bool lanes_busy() const {
    return std::ranges::any_of(lanes,
                               [](const auto& x) { return !x->waiting.empty() || !x->active.empty(); });
  }

  void begin_some(lane& on) {
    while (!on.waiting.empty() && on.active.size() < on.options.connections_max) {
      auto next = std::move(on.waiting.front());
      on.waiting.pop_front();
      if (!next->prepare(on.options, sockets) || curl_multi_add_handle(multi, next->handle()) != CURLM_OK) {
        next->finish_unsent(
            to_string(on.options.at) + " cannot be asked: its name is none, or there is no memory", false);
        continue;
      }
      next->since = clock::now();
      on.active.push_back(std::move(next));
    }
  }

  /// Takes one that is active out; its callback may do anything.
  std::unique_ptr<transfer> take(lane& from, std::list<std::unique_ptr<transfer>>::iterator at) {
    auto out = std::move(*at);
    from.active.erase(at);
    curl_multi_remove_handle(multi, out->handle());
    return out;
  }

  void finish_ended() {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      auto* const ended = message->easy_handle;
      const auto how = message->data.result;
      for (const auto& on : std::vector(lanes.begin(), lanes.end())) {
        const auto at = std::ranges::find_if(on->active, [&](const auto& x) { return x->handle() == ended; });
        if (at == on->active.end())
          continue;
        take(*on, at)->finish(how);
        begin_some(*on);
        break;
      }
    }
  }

  /// Ends what is silent, on every lane.
  void watch() {
    const auto now = clock::now();
    for (const auto& on : std::vector(lanes.begin(), lanes.end())) {
      for (const auto& x : on->active)
        if (x->has_moved())
          on->last_moved = x->since = now;
      std::vector<std::unique_ptr<transfer>> silent;
      for (auto at = on->active.begin(); at != on->active.end();) {
        const auto here = at++;
        if ((*here)->is_silent(now))
          silent.push_back(take(*on, here));
      }
      for (const auto& x : silent)
        x->finish_silent();
      std::vector<std::unique_ptr<transfer>> late;
      for (auto& x : on->waiting)
        if (now - std::max(x->since, on->last_moved) >= x->silence_max())
          late.push_back(std::move(x));
      std::erase(on->waiting, nullptr);
      for (const auto& x : late)
        x->finish_unsent("it waited for a connection, and nothing moved on any", true);
      begin_some(*on);
    }
  }

  void end(lane& on) {
    while (!on.active.empty())
      take(on, on.active.begin());
    on.waiting.clear();
  }

  void end_all() {
    for (const auto& on : lanes)
      end(*on);
    lanes.clear();
  }

  socket_set sockets; ///< before `multi`'s end, which closes them
  CURLM* multi = nullptr;
  std::list<std::shared_ptr<lane>> lanes;

  std::mutex mutex; ///< of what follows
  std::vector<std::function<void()>> inbox;
  std::thread thread;
  bool stopping = false;
};

namespace {

class curl_line final : public line {
public:
  curl_line(std::weak_ptr<client::core> core, line_options options)
    : core_(std::move(core)), lane_(std::make_shared<lane>(std::move(options))) {}
  ~curl_line() override { drop(); }

  void send(request what, std::chrono::milliseconds silence_max, std::function<void(outcome)> done) override {
    // A job can be copied, and this cannot.
    const auto next = std::make_shared<std::unique_ptr<transfer>>(
        std::make_unique<transfer>(std::move(what), silence_max, std::move(done)));
    const auto to = core_.lock();
    const bool posted = to && to->post([next, on = lane_, &core = *to] {
      if (std::ranges::find(core.lanes, on) == core.lanes.end()) {
        core.lanes.push_back(on);
        on->last_moved = clock::now();
      }
      on->waiting.push_back(std::move(*next));
      core.begin_some(*on);
    });
    if (!posted && *next)
      (*next)->finish_unsent("the client has ended", false);
  }

  void drop() override {
    if (const auto to = core_.lock())
      to->post([on = lane_, &core = *to] {
        core.end(*on);
        core.lanes.remove(on);
      });
  }

private:
  std::weak_ptr<client::core> core_;
  std::shared_ptr<lane> lane_;
};

} // namespace

client::client() = default;

client::~client() {
  stop();
}

void client::stop() {
  std::shared_ptr<core> ending;
  {
    const std::lock_guard held(mutex_);
    ending = core_;
  }
  if (ending)
    ending->stop();
}

std::unique_ptr<line> client::open(line_options options) {
  const std::lock_guard held(mutex_);
  if (!core_)
    core_ = std::make_shared<core>();
  return std::make_unique<curl_line>(core_, std::move(options));
}

} // namespace truckee::gbs
