#include "truckee/status/changes.hpp"

namespace truckee::status {

using namespace messages;

void change_counter::heard(const progress_event& event) {
  {
    const std::lock_guard lock(mutex_);
    ++change_;
    if (event.finished)
      running_.erase(event.operation);
    else
      running_.insert(event.operation);
  }
  changed_.notify_all();
}

void change_counter::begin_anew() {
  {
    const std::lock_guard lock(mutex_);
    ++change_;
    running_.clear();
  }
  changed_.notify_all();
}

void change_counter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

bool change_counter::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

change_counter::news change_counter::wait(std::uint64_t seen, std::chrono::milliseconds longest) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [&] { return stopped_ || change_ != seen; });
  return {change_, running_.size()};
}

namespace {

class change_listener_state {
public:
  using handle = progress_listener;
  static constexpr const char* name = "truckee.status.changes";

  change_listener_state(shell<change_listener_state>*, std::shared_ptr<change_counter> counter)
    : counter_(std::move(counter)) {}

  behavior<handle> make_behavior() {
    return {[this](const progress_event& x) { counter_->heard(x); }};
  }

private:
  std::shared_ptr<change_counter> counter_;
};

} // namespace

progress_listener spawn_change_listener(caf::actor_system& system, std::shared_ptr<change_counter> counter) {
  return spawn<change_listener_state>(system, std::move(counter));
}

} // namespace truckee::status
