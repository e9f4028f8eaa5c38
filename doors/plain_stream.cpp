#include "truckee/doors/stream.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace truckee::doors {

namespace {

class plain final : public stream {
public:
  explicit plain(int fd) : fd_(fd) {}

  progress open() override { return progress::done; }
  bool has_begun() const override { return false; } // there is nothing to be said
  moved read(mutable_byte_view into) override {
    const auto got = ::recv(fd_, into.data(), into.size(), 0);
    return got == 0 ? moved{progress::ended} : as_moved(got);
  }
  moved write(byte_view from) override {
    return as_moved(::send(fd_, from.data(), from.size(), MSG_NOSIGNAL));
  }
  void farewell() override {}
  const trouble& what() const override { return what_; }
  const std::optional<tls::identity>& peer() const override { return peer_; }

private:
  moved as_moved(ssize_t n) {
    if (n >= 0)
      return {progress::done, static_cast<std::size_t>(n)};
    if (errno == EINTR)
      return {progress::done, 0};
    if (errno == EAGAIN)
      return {progress::again};
    what_ = {refusal::broken, std::strerror(errno)};
    return {progress::broken};
  }

  int fd_;
  trouble what_;
  std::optional<tls::identity> peer_;
};

} // namespace

std::unique_ptr<stream> plain_stream(int fd) {
  return std::make_unique<plain>(fd);
}

} // namespace truckee::doors
