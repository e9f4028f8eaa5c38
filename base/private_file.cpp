#include "truckee/base/private_file.hpp"

#include "truckee/base/descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace truckee {

namespace {

tl::unexpected<error> failed(const std::filesystem::path& path, const char* what, int number) {
  const auto code = number == ENOENT || number == ENOTDIR ? errc::not_found : errc::io;
  return fail(code, path.string() + ": " + what + ": " + std::strerror(number));
}

std::size_t likely_size(int stream) {
  constexpr std::size_t unknown = 4095;
  struct stat info {};
  if (::fstat(stream, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= 0)
    return unknown;
  return static_cast<std::size_t>(info.st_size);
}

/// No copy of a secret stays behind.
void grow(bytes& content, std::size_t size) {
  bytes larger(size);
  std::ranges::copy(content, larger.begin());
  wipe(content);
  content = std::move(larger);
}

} // namespace

result<void> write_private_file(const std::filesystem::path& path, byte_view content,
                                existing_file existing) {
  auto file = file_replacement::open(path, {.mode = 0600});
  if (!file)
    return tl::unexpected(file.error());
  if (auto written = file->write(content); !written)
    return written;
  return file->commit(existing);
}

result<void> make_private_folder(const std::filesystem::path& folder) {
  if (folder.empty() || ::mkdir(folder.c_str(), S_IRWXU) == 0 || errno == EEXIST)
    return {};
  const auto above = folder.parent_path();
  if (errno != ENOENT || above == folder)
    return failed(folder, "cannot be made", errno);
  if (auto made = make_private_folder(above); !made)
    return made;
  if (::mkdir(folder.c_str(), S_IRWXU) == 0 || errno == EEXIST)
    return {};
  return failed(folder, "cannot be made", errno);
}

result<bytes> read_small_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.get() < 0)
    return failed(path, "cannot be read", errno);
  return read_small_stream(file.get(), path, bytes_max);
}

result<bytes> read_small_stream(int stream, const std::filesystem::path& name, std::size_t bytes_max) {
  // Room for what is there and a byte too many, to see the end; a pipe's size is not known before.
  bytes out(std::min(likely_size(stream), bytes_max) + 1);
  std::size_t size = 0;
  for (;;) {
    if (size == out.size()) {
      if (size > bytes_max)
        break;
      grow(out, std::min(4 * size, bytes_max + 1));
    }
    const auto n = ::read(stream, out.data() + size, out.size() - size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      const int number = errno;
      wipe(out);
      return failed(name, "cannot be read", number);
    }
    if (n == 0)
      break;
    size += static_cast<std::size_t>(n);
  }
  if (size > bytes_max) {
    wipe(out);
    return fail(errc::too_large, name.string() + ": has more than " + std::to_string(bytes_max) + " bytes");
  }
  out.resize(size);
  return out;
}

} // namespace truckee
