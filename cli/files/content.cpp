#include "truckee/cli/files/file_input.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace truckee::cli {

namespace {

struct descriptor {
  int fd;
  ~descriptor() {
    if (fd > STDERR_FILENO)
      ::close(fd);
  }
};

std::string reason() {
  return std::strerror(errno);
}

/// Reads to the end; `expected` bytes are made room for at first.
result<shared_bytes> read_all(int fd, std::size_t expected, const std::string& name) {
  bytes out(expected + 1);
  std::size_t have = 0;
  for (;;) {
    if (have == out.size())
      out.resize(out.size() * 2);
    const auto got = ::read(fd, out.data() + have, out.size() - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fail(errc::io, "cannot read " + name + ": " + reason());
    if (got == 0)
      break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return shared_bytes(std::move(out));
}

result<void> write_all(int fd, byte_view content, const std::string& name) {
  while (!content.empty()) {
    const auto wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return fail(errc::io, "cannot write " + name + ": " + reason());
    content = content.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

} // namespace

result<shared_bytes> read_content(const std::string& file) {
  if (file == "-")
    return read_all(STDIN_FILENO, 64 * 1024, "standard input");
  const descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (in.fd < 0)
    return fail(errno == ENOENT ? errc::not_found : errc::io, file + ": " + reason());
  struct stat facts {};
  if (::fstat(in.fd, &facts) != 0)
    return fail(errc::io, file + ": " + reason());
  if (S_ISDIR(facts.st_mode))
    return fail(errc::usage, file + " is a folder; publish its files one by one, or an archive of it");
  return read_all(in.fd, S_ISREG(facts.st_mode) ? static_cast<std::size_t>(facts.st_size) : 64 * 1024, file);
}

result<void> write_content(const std::string& file, byte_view content) {
  if (file == "-")
    return write_all(STDOUT_FILENO, content, "standard output");
  struct stat facts {};
  if (::stat(file.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    // A pipe or a device: there is nothing to replace.
    const descriptor out{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
    return out.fd < 0 ? fail(errc::io, file + ": " + reason()) : write_all(out.fd, content, file);
  }
  auto temporary = file + ".part-XXXXXX";
  const descriptor out{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (out.fd < 0)
    return fail(errc::io, "cannot write beside " + file + ": " + reason());
  const auto mask = ::umask(0);
  ::umask(mask);
  auto done = write_all(out.fd, content, temporary);
  if (done && (::fchmod(out.fd, 0666 & ~mask) != 0 || ::fsync(out.fd) != 0 ||
               ::rename(temporary.c_str(), file.c_str()) != 0))
    done = fail(errc::io, file + ": " + reason());
  if (!done)
    ::unlink(temporary.c_str());
  return done;
}

} // namespace truckee::cli
