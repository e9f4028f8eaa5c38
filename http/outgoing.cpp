#include "truckee/http/outgoing.hpp"

#include <utility>

namespace truckee::http {

bool outgoing::write(std::string_view bytes) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || bytes_.size() < bytes_max; });
    if (closed_)
      return false;
    bytes_.append(bytes);
  }
  wake_();
  return true;
}

bool outgoing::open() const {
  const std::lock_guard lock(mutex_);
  return !closed_;
}

void outgoing::when_taken(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && !bytes_.empty()) {
      taken_ = std::move(then);
      return;
    }
  }
  then();
}

void outgoing::break_off() {
  {
    const std::lock_guard lock(mutex_);
    broken_ = !ended_;
    ended_ = true;
  }
  wake_();
}

void outgoing::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_();
}

outgoing::taken outgoing::take() {
  taken out;
  std::function<void()> then;
  {
    const std::lock_guard lock(mutex_);
    out = {std::exchange(bytes_, {}), ended_, broken_};
    then = std::exchange(taken_, nullptr);
  }
  room_.notify_all();
  if (then)
    then();
  return out;
}

void outgoing::close() {
  std::function<void()> then;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    bytes_ = {};
    then = std::exchange(taken_, nullptr);
  }
  room_.notify_all();
  if (then)
    then();
}

} // namespace truckee::http
