#include "truckee/cli/files/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace truckee::cli {

std::string system_reason() {
  return std::strerror(errno); // NOLINT(concurrency-mt-unsafe): copied at once
}

input::~input() {
  if (fd_ > STDERR_FILENO)
    ::close(fd_);
}

input::input(input&& other) noexcept
  : fd_(std::exchange(other.fd_, -1)), name_(std::move(other.name_)), begin_(other.begin_),
    left_(other.left_) {}

result<input> input::open(const std::string& file) {
  const bool standard = file == "-";
  input out(standard ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC),
            standard ? "standard input" : file);
  if (out.fd_ < 0)
    return fail(errno == ENOENT ? errc::not_found : errc::io, out.name_ + ": " + system_reason());
  struct stat facts {};
  if (::fstat(out.fd_, &facts) != 0)
    return fail(errc::io, out.name_ + ": " + system_reason());
  if (S_ISDIR(facts.st_mode))
    return fail(errc::usage, out.name_ + " is a folder; publish its files one by one, or an archive of it");
  if (S_ISREG(facts.st_mode)) {
    out.begin_ = standard ? static_cast<std::uint64_t>(std::max<off_t>(::lseek(out.fd_, 0, SEEK_CUR), 0)) : 0;
    out.left_ =
        static_cast<std::uint64_t>(std::max<off_t>(facts.st_size - static_cast<off_t>(out.begin_), 0));
  }
  return out;
}

result<std::size_t> input::read_some(std::span<std::byte> into) const {
  std::size_t have = 0;
  while (have < into.size()) {
    const auto got = ::read(fd_, into.data() + have, into.size() - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && fd_ == STDIN_FILENO && errno == EBADF)
      return fail(errc::io, "standard input is closed");
    if (got < 0)
      return fail(errc::io, "cannot read " + name_ + ": " + system_reason());
    if (got == 0)
      break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

int input::release() {
  const int fd = std::exchange(fd_, -1);
  return fd == STDIN_FILENO ? ::dup(fd) : fd;
}

} // namespace truckee::cli
