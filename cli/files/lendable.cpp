#include "truckee/cli/files/lendable.hpp"

#include "truckee/cli/files/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace truckee::cli {

namespace {

/// A file nobody else can open, which goes with its last descriptor.
result<int> open_spool() {
  const auto where = spool_directory();
  const int fd = ::open(where.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(errc::io, "no file can be made in " + where +
                              " for content that comes through a pipe and is too "
                              "long for memory (" +
                              system_reason() + "); set TMPDIR to a directory with room");
  return fd;
}

result<void> spool(int to, byte_view data) {
  while (!data.empty()) {
    const auto wrote = ::write(to, data.data(), data.size());
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return fail(errc::io, "content that comes through a pipe cannot be kept in " + spool_directory() +
                                ": " + system_reason() +
                                "; set TMPDIR to a directory with room, or publish a file");
    data = data.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

/// What was read already, and all that follows; how much that is.
result<std::uint64_t> spool_all(int to, bytes piece, const input& from) {
  std::uint64_t size = piece.size();
  if (auto done = spool(to, piece); !done)
    return tl::unexpected(done.error());
  piece.resize(std::size_t{1} << 20);
  for (;;) {
    const auto got = from.read_some(piece);
    if (!got)
      return tl::unexpected(got.error());
    if (auto done = spool(to, byte_view(piece).first(*got)); !done)
      return tl::unexpected(done.error());
    size += *got;
    if (*got < piece.size())
      return size;
  }
}

/// All of a pipe: in memory as far as that may have it, else in a spool.
result<lendable_content> read_pipe(const input& from, std::uint64_t memory_max) {
  bytes head(64 * 1024);
  std::size_t have = 0;
  for (;;) {
    const auto got = from.read_some(std::span(head).subspan(have));
    if (!got)
      return tl::unexpected(got.error());
    have += *got;
    if (have < head.size()) {
      head.resize(have);
      return lendable_content(shared_bytes(std::move(head)));
    }
    if (head.size() > memory_max)
      break;
    head.resize(std::min<std::size_t>(head.size() * 2, memory_max + 1));
  }
  const auto fd = open_spool();
  if (!fd)
    return tl::unexpected(fd.error());
  auto size = spool_all(*fd, std::move(head), from);
  if (!size) {
    ::close(*fd);
    return tl::unexpected(size.error());
  }
  return lendable_content(std::make_shared<const lendable_file>(*fd, "the copy of " + from.name(), 0, *size));
}

} // namespace

lendable_file::~lendable_file() {
  if (fd_ >= 0)
    ::close(fd_);
}

result<shared_bytes> lendable_file::read(std::uint64_t offset, std::uint64_t length) const {
  if (offset > size_ || length > size_ - offset)
    return fail(errc::usage,
                name_ + " has " + std::to_string(size_) + " bytes, and bytes beyond them were asked for");
  bytes out(length);
  std::size_t have = 0;
  while (have < out.size()) {
    const auto got =
        ::pread(fd_, out.data() + have, out.size() - have, static_cast<off_t>(begin_ + offset + have));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fail(errc::io, "cannot read " + name_ + ": " + system_reason());
    if (got == 0)
      return fail(errc::io, name_ + " became shorter while it was read; publish it when nobody writes to it");
    have += static_cast<std::size_t>(got);
  }
  return shared_bytes(std::move(out));
}

result<lendable_content> open_lendable(const std::string& file, std::uint64_t memory_max) {
  auto in = input::open(file);
  if (!in)
    return tl::unexpected(in.error());
  if (!in->left())
    return read_pipe(*in, memory_max);
  auto kept = std::make_shared<const lendable_file>(in->release(), in->name(), in->begin(), *in->left());
  if (*in->left() > memory_max)
    return lendable_content(std::move(kept));
  return kept->read(0, *in->left()).map([](shared_bytes&& all) { return lendable_content(std::move(all)); });
}

std::string spool_directory() {
  const char* set = std::getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe): nothing sets it
  return set != nullptr && *set != '\0' ? set : "/var/tmp";
}

} // namespace truckee::cli
