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

void outgoing::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_();
}

outgoing::taken outgoing::take() {
  taken out;
  {
    const std::lock_guard lock(mutex_);
    out = {std::exchange(bytes_, {}), ended_};
  }
  room_.notify_all();
  return out;
}

void outgoing::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    bytes_ = {};
  }
  room_.notify_all();
}

} // namespace truckee::http
