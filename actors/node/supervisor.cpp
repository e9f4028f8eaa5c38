#include "truckee/actors/node/supervisor.hpp"

#include "truckee/actors/shell/offload.hpp"

#include <caf/logger.hpp>

namespace truckee::actors {

namespace {

using namespace messages;

/// A thread that spawned an actor holds CAF 0.17's logger from then on, and the end of a system waits until nobody does: a
/// host's thread may stay longer than its system.
void let_go_of_system() {
#if !TRUCKEE_CAF_1
  caf::logger::set_current_actor_system(nullptr);
#endif
}

///     running --- one of the crew ended --> restarting --- another crew was started --> running
///        | stop                                 | stop
///        +--> ending --- the crew is gone --> ended <--+
class supervisor_state {
public:
  using handle = supervisor;
  static constexpr const char* name = "truckee.supervisor";
  static constexpr bool stays = true;

  // Not the services themselves: who supervises does not live in the household.
  supervisor_state(shell<supervisor_state>* self, const services& s, supervisor_options options, crew first)
    : self_(self), house_(s.house), blocking_(s.blocking), metrics_(s.metrics), log_(s.log),
      options_(std::move(options)), crew_(std::move(first)) {}

  ~supervisor_state() {
    if (phase_ != phase::ended)
      end_crew();
  }
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;

  behavior<handle> make_behavior() {
    watch_crew();
    return {
        [this](const stop& x) { on_stop(x); },
        [](const continuation& rest) { rest.run(); },
        [this](const join_crew& x) { join(x); },
        [this](const leave_crew& x) { leave(x.who); },
    };
  }

  void on_down(const caf::actor_addr& who) {
    if (phase_ == phase::ending && crew_.front && same_actor(who, crew_.front.address()))
      end_all();
    if (phase_ != phase::running)
      return;
    if (crew_.front && same_actor(who, crew_.front.address()))
      return begin_again(options_.what, "it ended unasked");
    for (const auto& [what, actor] : crew_.others)
      if (same_actor(who, actor.address()))
        return begin_again(what, "it ended unasked");
  }

private:
  /// restarting: until nobody of the old crew is left; starting: the next one is made.
  enum class phase : std::uint8_t { running, restarting, starting, ending, ended };

  void watch_crew() {
    self_->watch(crew_.front);
    for (const auto& [what, actor] : crew_.others)
      self_->watch(actor);
  }

  // -- who comes and goes while it runs

  void join(const join_crew& x) {
    if (phase_ == phase::restarting || phase_ == phase::ended || all_told_) {
      send_anonymously(x.who, stop{errc::cancelled, duration::zero()}); // of a crew that ends
      return;
    }
    if (phase_ == phase::starting) {
      early_.emplace_back(x.what, x.who);
      return;
    }
    crew_.others.emplace_back(x.what, x.who);
    self_->watch(x.who);
  }

  void leave(const caf::actor& who) {
    const auto is_it = [&](const auto& x) { return same_actor(x.second.address(), who.address()); };
    std::erase_if(early_, is_it);
    if (std::erase_if(crew_.others, is_it) > 0)
      self_->unwatch(who.address());
    send_anonymously(who, stop{errc::cancelled, duration::zero()});
  }

  /// Who was started later may use who was there before, and takes his end for a loss unless it is told of its own.
  void end_crew() {
    if (crew_.front)
      send_anonymously(crew_.front, stop{errc::cancelled, duration::zero()});
    for (auto each = crew_.others.rbegin(); each != crew_.others.rend(); ++each)
      send_anonymously(each->second, stop{errc::cancelled, duration::zero()});
  }

  void later(std::function<void()> what) {
    // From any thread.
    house_->close([me = caf::actor_cast<handle>(self_->ctrl()), what = std::move(what)] {
      send_anonymously(me, continuation{what});
    });
  }

  // -- starting again

  void begin_again(const std::string& what, const std::string& reason) {
    phase_ = phase::restarting;
    logs::say(log_, logs::events::part_ended, {{"what", what}, {"reason", reason}});
    metrics_->restarted();
    if (options_.on_down)
      options_.on_down();
    end_crew();
    later([this] { all_gone(); });
  }

  void all_gone() {
    crew_ = {};
    if (phase_ == phase::ending)
      return end();
    send_later(self_, pause(), continuation{[this] { start(); }});
  }

  duration pause() {
    const auto out = backoff_ == duration::zero() ? options_.backoff_min : backoff_;
    backoff_ = std::min(2 * out, options_.backoff_max);
    return out;
  }

  void start() {
    if (phase_ == phase::ending)
      return end();
    phase_ = phase::starting;
    house_->open();
    auto job = [start = options_.start] {
      auto out = start();
      let_go_of_system();
      return out;
    };
    offload(self_, *blocking_, std::move(job), [this](result<crew>&& started) {
      if (started)
        crew_ = std::move(*started);
      for (auto& each : std::exchange(early_, {}))
        crew_.others.push_back(std::move(each));
      if (phase_ == phase::ending)
        return end_all();
      if (!started)
        return begin_again(options_.what, started.error().detail);
      watch_crew();
      phase_ = phase::running;
      logs::say(log_, logs::events::part_restarted, {{"what", options_.what}});
      // One that runs for a while has earned a quick restart.
      send_later(self_, std::chrono::minutes(1), continuation{[this, tries = ++rounds_] {
                   if (tries == rounds_ && phase_ == phase::running)
                     backoff_ = duration::zero();
                 }});
    });
  }

  // -- ending

  void on_stop(const stop& x) {
    if (phase_ == phase::ending) {
      if (x.patience == duration::zero())
        end_all();
      return;
    }
    const bool was_running = phase_ == phase::running;
    phase_ = phase::ending;
    if (!was_running)
      return; // what waits for the end or the start of a crew sees it
    send_anonymously(crew_.front, x);
    if (x.patience && *x.patience > duration::zero())
      send_later(self_, *x.patience, continuation{[this, patience = *x.patience] {
                   if (!all_told_)
                     logs::say(log_, logs::events::end_forced,
                               {{"patience_seconds", std::chrono::duration<double>(patience).count()}});
                   end_all();
                 }});
  }

  void end_all() {
    if (std::exchange(all_told_, true))
      return;
    end_crew();
    later([this] { end(); });
  }

  /// CAF 1.1 tells whoever waits for this actor's end before it destroys the state: by then nothing is held any more.
  void end() {
    phase_ = phase::ended;
    crew_ = {};
    early_ = {};
    options_ = {};
    house_.reset();
    blocking_.reset();
    metrics_.reset();
    log_.reset();
    self_->quit();
  }

  shell<supervisor_state>* self_;
  std::shared_ptr<household> house_;
  std::shared_ptr<executor> blocking_;
  std::shared_ptr<metrics::recorder> metrics_;
  logs::log_ptr log_;
  supervisor_options options_;
  crew crew_;
  std::vector<std::pair<std::string, caf::actor>> early_ = {}; ///< joined a crew that is being started
  phase phase_ = phase::running;
  duration backoff_{};
  std::uint64_t rounds_ = 0;
  bool all_told_ = false;
};

} // namespace

supervisor spawn_supervisor(caf::actor_system& system, const services& s, supervisor_options options,
                            crew first) {
  return messages::spawn<supervisor_state>(system, s, std::move(options), std::move(first));
}

} // namespace truckee::actors
