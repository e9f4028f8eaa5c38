#pragma once

#include <unistd.h>
#include <utility>

namespace truckee::doors {

/// An open file that is closed with its owner; -1: none.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& from) noexcept : fd_(from.release()) {}
  descriptor& operator=(descriptor&& from) noexcept {
    if (this != &from)
      reset(from.release());
    return *this;
  }
  ~descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0)
      ::close(fd_);
    fd_ = fd;
  }

private:
  int fd_ = -1;
};

} // namespace truckee::doors
