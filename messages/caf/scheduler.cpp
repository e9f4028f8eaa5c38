#include "truckee/messages/caf/scheduler.hpp"

#if !TRUCKEE_CAF_1

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>
#include <pthread.h>

namespace truckee::messages {

// -- clock --

template <class Change>
void quiet_clock::set(Change change) {
  bool earlier = false;
  {
    const std::lock_guard lock(mutex_);
    change();
    if (const auto first = schedule_.begin(); first != schedule_.end() && first->first < wakes_at_) {
      wakes_at_ = first->first;
      earlier = true;
    }
  }
  if (earlier)
    wake_.notify_one();
}

void quiet_clock::set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                       std::uint64_t id) {
  set([&] { simple_actor_clock::set_ordinary_timeout(t, self, type, id); });
}

void quiet_clock::set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                    std::uint64_t id) {
  set([&] { simple_actor_clock::set_multi_timeout(t, self, type, id); });
}

void quiet_clock::set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) {
  set([&] { simple_actor_clock::set_request_timeout(t, self, id); });
}

void quiet_clock::schedule_message(time_point t, caf::strong_actor_ptr receiver,
                                   caf::mailbox_element_ptr content) {
  set([&] { simple_actor_clock::schedule_message(t, std::move(receiver), std::move(content)); });
}

void quiet_clock::schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                                   caf::message content) {
  set([&] {
    simple_actor_clock::schedule_message(t, std::move(target), std::move(sender), std::move(content));
  });
}

void quiet_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) {
  const std::lock_guard lock(mutex_);
  simple_actor_clock::cancel_ordinary_timeout(self, type);
}

void quiet_clock::cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) {
  const std::lock_guard lock(mutex_);
  simple_actor_clock::cancel_request_timeout(self, id);
}

void quiet_clock::cancel_timeouts(caf::abstract_actor* self) {
  const std::lock_guard lock(mutex_);
  simple_actor_clock::cancel_timeouts(self);
}

/// What holds an actor is destroyed without the lock: the actor may end with it, and takes its deadlines back.
void quiet_clock::cancel_all() {
  schedule_map all;
  const std::lock_guard lock(mutex_);
  actor_lookup_.clear();
  all.swap(schedule_);
}

std::vector<quiet_clock::unique_delayed_event_ptr> quiet_clock::take_due() {
  std::vector<unique_delayed_event_ptr> out;
  const auto until = now();
  for (auto at = schedule_.begin(); at != schedule_.end() && at->first <= until; at = schedule_.erase(at)) {
    if (at->second->backlink != actor_lookup_.end())
      actor_lookup_.erase(at->second->backlink);
    out.push_back(std::move(at->second));
  }
  return out;
}

void quiet_clock::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    auto due = take_due();
    if (!due.empty()) {
      wakes_at_ = time_point::min(); // it looks anew before it sleeps
      lock.unlock();
      for (const auto& each : due)
        ship(*each);
      due.clear();
      lock.lock();
    } else if (schedule_.empty()) {
      wakes_at_ = time_point::max();
      wake_.wait(lock);
    } else {
      wakes_at_ = schedule_.begin()->first;
      wake_.wait_until(lock, wakes_at_);
    }
  }
}

void quiet_clock::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

// -- workers --

/// One thread. Actors and promises keep a pointer to the one that ran them, and may use it in another.
class sharing_scheduler::worker final : public caf::execution_unit {
public:
  explicit worker(sharing_scheduler& of) : caf::execution_unit(&of.system()), all_(of) {}

  void start() {
    thread_ = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "caf.multiplexer");
      system().thread_started();
      here_ = this;
      run();
      here_ = nullptr;
      system().thread_terminates();
    });
  }
  void join() { thread_.join(); }

  void exec_later(caf::resumable* what) override {
    if (here_ != this)
      return all_.push(what);
    if (auto* before = std::exchange(next_, what))
      all_.push(before);
  }

private:
  /// So often a worker goes on with what its own jobs sent while others wait in the queue.
  static constexpr int in_a_row_max = 32;

  void run() {
    int in_a_row = 0;
    for (;;) {
      caf::resumable* job = nullptr;
      if (next_ != nullptr && ++in_a_row <= in_a_row_max) {
        job = std::exchange(next_, nullptr);
      } else {
        in_a_row = 0;
        if (auto* mine = std::exchange(next_, nullptr))
          all_.push(mine);
        job = all_.pop();
      }
      if (job == nullptr)
        return;
      switch (job->resume(this, all_.max_throughput())) {
      case caf::resumable::resume_later:
        all_.push(job);
        break;
      case caf::resumable::done:
      case caf::resumable::awaiting_message:
      case caf::resumable::shutdown_execution_unit:
        intrusive_ptr_release(job);
        break;
      }
    }
  }

  static thread_local worker* here_;

  sharing_scheduler& all_;
  caf::resumable* next_ = nullptr; ///< of this thread alone
  std::thread thread_;
};

thread_local sharing_scheduler::worker* sharing_scheduler::worker::here_ = nullptr;

// -- scheduler --

sharing_scheduler::sharing_scheduler(caf::actor_system& system) : abstract_coordinator(system) {}
sharing_scheduler::~sharing_scheduler() = default;

caf::actor_system::module* sharing_scheduler::make(caf::actor_system& system, caf::detail::type_list<>) {
  return new sharing_scheduler(system);
}

caf::actor_clock& sharing_scheduler::clock() noexcept {
  return clock_;
}

void sharing_scheduler::start() {
  for (std::size_t i = 0; i < num_workers(); ++i)
    workers_.push_back(std::make_unique<worker>(*this));
  for (const auto& each : workers_)
    each->start();
  clock_thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "caf.clock");
    system().thread_started();
    clock_.run();
    system().thread_terminates();
  });
  abstract_coordinator::start();
}

/// Jobs that are in the queue by now still run.
void sharing_scheduler::stop() {
  for (std::size_t i = 0; i < workers_.size(); ++i)
    push(nullptr);
  for (const auto& each : workers_)
    each->join();
  stop_actors();
  for (auto* left : std::exchange(jobs_, {}))
    if (left != nullptr)
      cleanup_and_release(left);
  clock_.stop();
  clock_thread_.join();
}

void sharing_scheduler::enqueue(caf::resumable* what) {
  push(what);
}

void sharing_scheduler::push(caf::resumable* what) {
  bool call = false;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(what);
    call = asleep_ > 0 && !std::exchange(coming_, asleep_ > 0 || coming_);
  }
  if (call)
    wake_.notify_one();
}

caf::resumable* sharing_scheduler::pop() {
  std::unique_lock lock(mutex_);
  while (jobs_.empty()) {
    ++asleep_;
    wake_.wait(lock);
    --asleep_;
    coming_ = false;
  }
  auto* out = jobs_.front();
  jobs_.pop_front();
  const bool more = !jobs_.empty() && asleep_ > 0 && !coming_;
  if (more)
    coming_ = true;
  lock.unlock();
  if (more)
    wake_.notify_one();
  return out;
}

} // namespace truckee::messages

#endif
