#include "truckee/cli/files/content.hpp"

#include <algorithm>
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
  return std::strerror(errno); // NOLINT(concurrency-mt-unsafe): copied at once
}

tl::unexpected<error> too_large(const std::string& name, std::uint64_t bytes_max) {
  return fail(errc::too_large, name + " has more than " + std::to_string(bytes_max) +
                                   " bytes, and no more are taken; publish it in parts");
}

/// Up to `wanted` bytes, fewer at the end.
result<std::size_t> read_some(int fd, std::span<std::byte> into, const std::string& name) {
  std::size_t have = 0;
  while (have < into.size()) {
    const auto got = ::read(fd, into.data() + have, into.size() - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && fd == STDIN_FILENO && errno == EBADF)
      return fail(errc::io, "standard input is closed");
    if (got < 0)
      return fail(errc::io, "cannot read " + name + ": " + reason());
    if (got == 0)
      break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

/// In pieces that are joined at the end: a buffer that grows by moving would be there twice.
result<shared_bytes> read_all(int fd, const std::string& name, std::uint64_t expected,
                              std::uint64_t bytes_max) {
  constexpr std::size_t piece_bytes_max = std::size_t{32} << 20;
  std::vector<bytes> pieces;
  std::uint64_t have = 0;
  // One byte more than expected shows the end without another piece.
  auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(expected + 1, piece_bytes_max));
  for (;;) {
    bytes piece(wanted);
    const auto got = read_some(fd, piece, name);
    if (!got)
      return tl::unexpected(got.error());
    piece.resize(*got);
    have += *got;
    if (have > bytes_max)
      return too_large(name, bytes_max);
    const bool last = *got < wanted;
    pieces.push_back(std::move(piece));
    if (last)
      break;
    wanted = std::min(wanted * 2, piece_bytes_max);
  }
  if (pieces.size() == 1)
    return shared_bytes(std::move(pieces.front()));
  bytes out;
  out.reserve(have);
  for (auto& piece : pieces) {
    out.insert(out.end(), piece.begin(), piece.end());
    piece = {};
  }
  return shared_bytes(std::move(out));
}

} // namespace

result<shared_bytes> read_content(const std::string& file, std::uint64_t bytes_max) {
  constexpr std::uint64_t pipe_bytes = 64 * 1024;
  const bool standard = file == "-";
  const std::string name = standard ? "standard input" : file;
  const descriptor in{standard ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (in.fd < 0)
    return fail(errno == ENOENT ? errc::not_found : errc::io, name + ": " + reason());
  struct stat facts {};
  if (::fstat(in.fd, &facts) != 0)
    return fail(errc::io, name + ": " + reason());
  if (S_ISDIR(facts.st_mode))
    return fail(errc::usage, name + " is a folder; publish its files one by one, or an archive of it");
  std::uint64_t expected = pipe_bytes;
  if (S_ISREG(facts.st_mode)) {
    const auto at = standard ? std::max<off_t>(::lseek(in.fd, 0, SEEK_CUR), 0) : 0;
    expected = static_cast<std::uint64_t>(std::max<off_t>(facts.st_size - at, 0));
    if (expected > bytes_max)
      return too_large(name, bytes_max);
  }
  return read_all(in.fd, name, expected, bytes_max);
}

namespace {

/// Opens it where it is not open yet: a pipe waits for its reader then.
result<void> open_in_place(const std::string& file, std::shared_ptr<const int>& into) {
  if (into)
    return {};
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(errc::io, file + ": cannot be written: " + reason());
  into = std::shared_ptr<const int>(new int(fd), [](const int* each) {
    ::close(*each);
    delete each;
  });
  return {};
}

} // namespace

result<content_output> content_output::open(const std::string& file) {
  struct stat facts {};
  const bool there = ::stat(file.c_str(), &facts) == 0;
  // /dev/stdout is a link, and may lead to a regular file: it is no name to be given to another.
  const bool special = file.starts_with("/dev/") || file.starts_with("/proc/");
  if (there && !S_ISDIR(facts.st_mode) && (special || !S_ISREG(facts.st_mode)))
    return content_output(in_place{file});
  const auto mask = ::umask(0);
  ::umask(mask);
  auto replacement = file_replacement::open(file, {.mode = 0666U & ~mask, .keep = true});
  if (!replacement)
    return tl::unexpected(replacement.error());
  return content_output(std::move(*replacement));
}

result<void> content_output::write(byte_view content) {
  if (auto* whole = std::get_if<file_replacement>(&how_))
    return whole->write(content);
  auto& out = std::get<in_place>(how_);
  if (auto opened = open_in_place(out.file, out.open); !opened)
    return opened;
  while (!content.empty()) {
    const auto wrote = ::write(*out.open, content.data(), content.size());
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return fail(errc::io, out.file + ": cannot be written: " + reason());
    content = content.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

result<bool> content_output::begin_again() {
  if (auto* whole = std::get_if<file_replacement>(&how_))
    return whole->begin_again().map([] { return true; });
  return std::get<in_place>(how_).open == nullptr;
}

result<void> content_output::finish() {
  if (auto* whole = std::get_if<file_replacement>(&how_))
    return whole->commit(existing_file::replace);
  auto& out = std::get<in_place>(how_);
  return open_in_place(out.file, out.open);
}

void content_output::discard() noexcept {
  if (auto* whole = std::get_if<file_replacement>(&how_))
    whole->discard();
}

result<void> inputs_kept(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  std::error_code none;
  for (const auto& output : outputs) {
    if (!std::filesystem::is_regular_file(output, none))
      continue;
    for (const auto& input : inputs)
      if (std::filesystem::equivalent(input, output, none))
        return fail(errc::usage, (output == standard_output_file ? std::string("standard output") : output) +
                                     " is also what is read (" +
                                     (input == standard_input_file ? "standard input" : input) +
                                     "), and would be written over; name another file");
  }
  return {};
}

bool is_open_to_others(const std::string& file) {
  struct stat facts {};
  return ::stat(file.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && (facts.st_mode & 077U) != 0;
}

} // namespace truckee::cli
