#pragma once

/// What runs the actors of Truckee's own programs with CAF 0.17 (1.1 has its own): one queue, and a clock that sleeps through
/// what is taken back before its time.

#include "truckee/messages/caf/protocol.hpp"

#if !TRUCKEE_CAF_1

#include <caf/detail/simple_actor_clock.hpp>
#include <caf/detail/type_list.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <condition_variable>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace truckee::messages {

/// CAF's own clock wakes its thread for each deadline that is set or taken back, and whenever an actor ends: ten times an
/// update, sixteen times a read. This one sleeps until the earliest deadline, and is woken only for an earlier one.
class quiet_clock final : public caf::detail::simple_actor_clock {
public:
  void set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override;
  void set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override;
  void set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point t, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

  /// Tells actors what is due, until stop(). One thread.
  void run();
  void stop();

private:
  /// `change` may bring the earliest deadline forward.
  template <class Change>
  void set(Change change);
  std::vector<unique_delayed_event_ptr> take_due();

  std::mutex mutex_;
  std::condition_variable wake_;
  time_point wakes_at_ = time_point::max(); ///< of run(), where it sleeps
  bool stopping_ = false;
};

/// As many workers as CAF is set to have, and one queue; who finds it empty sleeps, and is woken by one who leaves more than one
/// job behind. What an actor sends last to an idle one, its own worker runs next: most messages are answers, and whoever
/// is woken for one comes when it is done.
class sharing_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  explicit sharing_scheduler(caf::actor_system& system);
  ~sharing_scheduler() override;

  /// For caf::actor_system_config::load().
  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>);

  void enqueue(caf::resumable* what) override;
  caf::actor_clock& clock() noexcept override;

protected:
  void start() override;
  void stop() override;

private:
  class worker;

  void push(caf::resumable* what);
  /// Null: the worker ends.
  caf::resumable* pop();

  quiet_clock clock_;
  std::thread clock_thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<caf::resumable*> jobs_;
  std::size_t asleep_ = 0;
  bool coming_ = false; ///< one was woken and is not here yet
  std::vector<std::unique_ptr<worker>> workers_;
};

} // namespace truckee::messages

#endif
