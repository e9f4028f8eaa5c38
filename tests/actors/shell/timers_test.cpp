#include "actors/deterministic.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;

namespace {

/// Does what a test tells it.
struct worker_state {
  using handle = messages::protocol<void(messages::continuation), messages::take_bytes(messages::take_bytes)>;
  static constexpr const char* name = "truckee.test.worker";
  worker_state(messages::shell<worker_state>* self, messages::shell<worker_state>** where) : self_(self) {
    *where = self;
  }
  messages::behavior<handle> make_behavior() {
    return {[](const messages::continuation& what) { what.run(); },
            [this](const messages::take_bytes& x) -> caf::result<messages::take_bytes> {
              auto promise = self_->make_response_promise<messages::take_bytes>();
              if (mute)
                held.push_back(promise);
              else
                promise.deliver(x);
              return promise;
            }};
  }
  void on_down(const caf::actor_addr&) { ++downs; }

  messages::shell<worker_state>* self_;
  bool mute = false;
  int downs = 0;
  std::vector<caf::typed_response_promise<messages::take_bytes>> held;
};

class timers : public testing::Test {
protected:
  struct worker {
    messages::shell<worker_state>* self = nullptr;
    worker_state::handle handle;
  };
  worker start() {
    worker out;
    out.handle = messages::spawn<worker_state>(run.system(), &out.self);
    return out;
  }
  void inside(const worker& where, std::function<void()> what) {
    messages::send_anonymously(where.handle, messages::continuation{std::move(what)});
    run.settle();
  }
  /// Ends it; whether anything of CAF's keeps it after that.
  bool is_kept(worker& which) {
    const auto address = which.handle.address();
    run.kill(which.handle);
    which.handle = worker_state::handle{};
    run.settle();
    return caf::actor_cast<caf::strong_actor_ptr>(address) != nullptr;
  }

  test::deterministic run;
};

} // namespace

TEST_F(timers, run_in_the_order_of_their_time_and_once) {
  auto one = start();
  std::string order;
  inside(one, [&] {
    one.self->after(3s, [&] { order += "c"; });
    one.self->after(1s, [&] { order += "a"; });
    one.self->after(2s, [&] { order += "b"; });
  });
  run.advance(1500ms);
  EXPECT_EQ(order, "a");
  run.advance(1min);
  EXPECT_EQ(order, "abc");
  run.kill(one.handle);
}

TEST_F(timers, what_was_cancelled_never_runs_and_is_destroyed_at_once) {
  auto one = start();
  const auto held = std::make_shared<int>(0);
  inside(one, [&] {
    const auto which = one.self->after(1s, [held] { ++*held; });
    EXPECT_EQ(held.use_count(), 2);
    one.self->cancel(which);
    EXPECT_EQ(held.use_count(), 1);
    one.self->after(2s, [held] { *held += 10; });
  });
  run.advance(10s);
  EXPECT_EQ(*held, 10);
  run.kill(one.handle);
}

TEST_F(timers, an_actor_that_ends_is_kept_by_no_timer_and_keeps_nothing) {
  auto one = start();
  const auto held = std::make_shared<int>(0);
  inside(one, [&] { one.self->after(24h, [held] {}); });
  EXPECT_FALSE(is_kept(one));
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(timers, an_actor_that_asked_is_not_kept_by_the_deadline_of_what_was_answered_or_was_not) {
  for (const bool mute : {false, true}) {
    auto asker = start();
    auto answerer = start();
    answerer.self->state().mute = mute;
    int answers = 0;
    inside(asker, [&] {
      messages::request(
          asker.self, answerer.handle, 24h, messages::take_bytes{1},
          [&](const messages::take_bytes&) { ++answers; }, [&](const caf::error&) { answers += 100; });
    });
    EXPECT_EQ(answers, mute ? 0 : 1);
    answerer.self->state().held.clear();
    EXPECT_FALSE(is_kept(asker)) << (mute ? "mute" : "answered");
    run.kill(answerer.handle);
    run.settle();
  }
}

TEST_F(timers, a_request_without_answer_fails_in_time_and_a_late_answer_is_not_heard) {
  auto asker = start();
  auto answerer = start();
  answerer.self->state().mute = true;
  std::string heard;
  inside(asker, [&] {
    messages::request(
        asker.self, answerer.handle, 2s, messages::take_bytes{1},
        [&](const messages::take_bytes&) { heard += "answer"; },
        [&](const caf::error& e) { heard += messages::is_timeout(e) ? "timeout" : "other"; });
  });
  run.advance(1900ms);
  EXPECT_EQ(heard, "");
  run.advance(200ms);
  EXPECT_EQ(heard, "timeout");
  inside(answerer, [&] { answerer.self->state().held.front().deliver(messages::take_bytes{2}); });
  run.advance(10s);
  EXPECT_EQ(heard, "timeout");
  run.kill(asker.handle);
  run.kill(answerer.handle);
}

TEST_F(timers, a_watch_that_was_taken_back_is_not_heard_and_others_are_once) {
  auto one = start();
  auto kept = start();
  auto back = start();
  inside(one, [&] {
    one.self->watch(kept.handle);
    one.self->watch(back.handle);
    one.self->unwatch(back.handle.address());
  });
  run.kill(back.handle);
  run.settle();
  EXPECT_EQ(one.self->state().downs, 0);
  run.kill(kept.handle);
  run.settle();
  EXPECT_EQ(one.self->state().downs, 1);
  run.kill(one.handle);
}
