#pragma once

#include "manual_time.hpp"
#include "truckee/messages/types.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#if TRUCKEE_CAF_1
#include <caf/test/fixture/deterministic.hpp>
#include <caf/test/reporter.hpp>
#else
#include <caf/scheduler/test_coordinator.hpp>
#endif

/// An actor system in which nothing runs and no time passes unless a test says so; the same on both
/// generations of CAF. Give actors worker_pool(0), so that what they offload runs at once.
namespace truckee::test {

/// What became of a request.
template <class Answer>
struct outcome_of {
  std::optional<Answer> value;
  std::string failure; ///< CAF's error, where no answer came
  int times = 0;       ///< how often it was answered: never more than once

  bool done() const { return times > 0; }
  const Answer& operator*() const {
    if (!value)
      throw std::runtime_error(times == 0 ? "there is no answer yet" : "no answer, but: " + failure);
    return *value;
  }
  const Answer* operator->() const { return &**this; }
};

template <class Answer>
using answer_ptr = std::shared_ptr<outcome_of<Answer>>;

/// Sends requests for a test, which is no actor.
class asker_state {
public:
  using handle = messages::protocol<void(messages::continuation)>;
  using shell_type = messages::shell<asker_state>;
  static constexpr const char* name = "truckee.test.asker";

  asker_state(shell_type* self, shell_type** where) { *where = self; }
  messages::behavior<handle> make_behavior() {
    return {[](const messages::continuation& order) { order.run(); }};
  }
};

class deterministic {
public:
  deterministic() { asker_ = messages::spawn<asker_state>(system(), &asker_self_); }
  deterministic(const deterministic&) = delete;
  deterministic& operator=(const deterministic&) = delete;
  ~deterministic() {
    kill(asker_);
    settle();
#if !TRUCKEE_CAF_1
    ended_ = true;
    go_.release();
    runner_.join();
#endif
  }

#if TRUCKEE_CAF_1
  caf::actor_system& system() {
    return fixture_->sys;
  }
  bool step() {
    return fixture_->dispatch_message();
  }
  bool next_timer() {
    const bool any = fixture_->trigger_timeout();
    time_->set(now());
    return any;
  }
  void pass(messages::duration time) {
    fixture_->advance_time(time);
    time_->set(now());
  }
#else
  caf::actor_system& system() {
    return *system_;
  }
  bool step() {
    return run_steps(1) > 0;
  }
  bool next_timer() {
    const bool any = scheduler().trigger_timeout();
    time_->set(now());
    return any;
  }
  void pass(messages::duration time) {
    scheduler().advance_time(time);
    time_->set(now());
  }
#endif

  /// Runs until nobody has anything to do.
  void settle() {
    constexpr std::size_t plenty = 2'000'000;
#if TRUCKEE_CAF_1
    for (std::size_t i = 0; step(); ++i)
      if (i > plenty)
        throw std::runtime_error("the actors never come to rest");
#else
    if (run_steps(plenty) == plenty)
      throw std::runtime_error("the actors never come to rest");
#endif
  }

  /// Runs `what` where actors run: promises of actors are delivered from there only.
  void inside(std::function<void()> what) {
    messages::send_anonymously(asker_, messages::continuation{std::move(what)});
    settle();
  }

  /// Virtual time since some beginning.
  messages::duration now() {
    return system().clock().now().time_since_epoch();
  }
  /// The same for actors.
  time_ptr time() const {
    return time_;
  }

  /// Runs `what` where actors run, `delay` from now.
  void later(messages::duration delay, std::function<void()> what) {
    messages::send_later(asker_self_, delay, messages::continuation{std::move(what)});
  }

  /// Lets time jump from timer to timer until `done()`; false if that takes more than `timers_max` of them,
  /// or nothing is left to wait for.
  bool run_until(const std::function<bool()>& done, std::size_t timers_max) {
    bool out = false;
    on_runner([&] {
      for (std::size_t i = 0; i < timers_max; ++i) {
        while (step_here()) {
        }
        out = done();
        if (out || !next_timer())
          return;
      }
    });
    return out;
  }

  /// Lets time pass in small pieces, so that timers set meanwhile go off as well.
  void advance(messages::duration time, messages::duration piece = std::chrono::milliseconds(50)) {
    settle();
    while (time.count() > 0) {
      pass(std::min(time, piece));
      time -= piece;
      settle();
    }
  }

  /// Lets time pass until `done()`; false if that does not happen within `limit`.
  bool wait_for(const std::function<bool()>& done, messages::duration limit) {
    const auto piece = std::chrono::milliseconds(50);
    for (settle(); !done(); limit -= piece) {
      if (limit.count() <= 0)
        return false;
      advance(piece, piece);
    }
    return true;
  }

  /// Asks an actor; the answer comes as the test lets actors run.
  template <class Answer, class Handle, class Message>
  answer_ptr<Answer> ask(const Handle& to, Message message,
                         messages::duration timeout = std::chrono::hours(48),
                         std::function<void(const outcome_of<Answer>&)> then = {}) {
    auto out = std::make_shared<outcome_of<Answer>>();
    messages::continuation order{[this, to, message, timeout, out, then] {
      messages::request(
          asker_self_, to, timeout, message,
          [out, then](const Answer& x) {
            out->value = x;
            ++out->times;
            if (then)
              then(*out);
          },
          [this, out, then](const caf::error& e) {
            out->failure = messages::describe(e, system());
            ++out->times;
            if (then)
              then(*out);
          });
    }};
    messages::send_anonymously(asker_, std::move(order));
    return out;
  }

  /// Also one that no exit message ends.
  template <class Handle>
  void kill(const Handle& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    messages::send_anonymously(caf::actor_cast<caf::actor>(actor),
                               messages::stop{errc::cancelled, messages::duration::zero()});
  }

  /// How many actors there are, but for the one that asks.
  std::size_t running() {
    return system().registry().running() - 1;
  }

private:
#if TRUCKEE_CAF_1
  static std::unique_ptr<caf::test::fixture::deterministic> make() {
    truckee::register_types();
    static std::once_flag once;
    std::call_once(once, [] {
      static auto reporter = caf::test::reporter::make_default();
      caf::test::reporter::instance(reporter.get());
    });
    return std::make_unique<caf::test::fixture::deterministic>();
  }
  std::unique_ptr<caf::test::fixture::deterministic> fixture_ = make();
  void on_runner(const std::function<void()>& what) {
    what();
  }
  bool step_here() {
    return step();
  }
#else
  struct config : caf::actor_system_config {
    config() {
      truckee::register_types(*this);
      set("scheduler.policy", caf::atom("testing"));
      set("logger.verbosity", caf::atom("quiet"));
    }
  };
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }
  // A response promise of 0.17 keeps a pointer to what ran its actor, which in the testing scheduler lives on
  // the stack of try_run_once. One thread and one loop, so that it is always the same place.
  void on_runner(const std::function<void()>& what) {
    what_ = &what;
    go_.release();
    came_to_rest_.acquire();
  }
  bool step_here() {
    return scheduler().try_run_once();
  }
  std::size_t run_steps(std::size_t max) {
    std::size_t steps = 0;
    on_runner([&] {
      while (steps < max && step_here())
        ++steps;
    });
    return steps;
  }
  void run_loop() {
    for (go_.acquire(); !ended_; go_.acquire()) {
      (*what_)();
      came_to_rest_.release();
    }
  }

  config config_;
  std::unique_ptr<caf::actor_system> system_ = std::make_unique<caf::actor_system>(config_);
  std::binary_semaphore go_{0};
  std::binary_semaphore came_to_rest_{0};
  std::atomic<bool> ended_ = false;
  const std::function<void()>* what_ = nullptr;
  std::thread runner_{[this] { run_loop(); }};
#endif
  std::shared_ptr<manual_time> time_ = std::make_shared<manual_time>();
  asker_state::shell_type* asker_self_ = nullptr;
  asker_state::handle asker_;
};

} // namespace truckee::test
