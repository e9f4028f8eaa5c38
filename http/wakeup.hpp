#pragma once

#include "truckee/base/descriptor.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace truckee::http {

/// Interrupts poll() from any thread.
class wakeup {
public:
  wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_)
      throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  int socket() const { return event_.get(); }
  void call() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto full = ::write(event_.get(), &one, sizeof one); // full: it is awake already
  }
  void hear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto none = ::read(event_.get(), &count, sizeof count);
  }

private:
  descriptor event_;
};

} // namespace truckee::http
