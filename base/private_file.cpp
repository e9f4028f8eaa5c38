#include "truckee/base/private_file.hpp"

#include "truckee/base/descriptor.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
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

bool write_all(int fd, byte_view content) {
  while (!content.empty()) {
    const auto n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

/// Gives `temporary` its final name; with errno set where that fails.
bool move_into_place(const std::string& temporary, const std::string& final_name, existing_file existing) {
  if (existing == existing_file::replace)
    return ::rename(temporary.c_str(), final_name.c_str()) == 0;
  // A link, unlike a rename, fails where the name is taken.
  if (::link(temporary.c_str(), final_name.c_str()) != 0)
    return false;
  ::unlink(temporary.c_str());
  return true;
}

} // namespace

result<void> write_private_file(const std::filesystem::path& path, byte_view content,
                                existing_file existing) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  auto temporary = (folder / ("." + path.filename().string() + ".XXXXXX")).string();
  const descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)}; // 0600
  if (file.get() < 0)
    return failed(path, "cannot be created", errno);
  if (!write_all(file.get(), content) || ::fsync(file.get()) != 0 ||
      !move_into_place(temporary, path.string(), existing)) {
    const int number = errno;
    ::unlink(temporary.c_str());
    if (number == EEXIST)
      return fail(errc::refused, path.string() + ": exists already and is not overwritten");
    return failed(path, "cannot be written", number);
  }
  const descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return failed(path, "its folder cannot be synced", errno);
  return {};
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
  // Room for one byte too many; a pipe's size is not known before its end. Never grown, so that no copy of a
  // secret stays behind.
  bytes out(bytes_max + 1);
  std::size_t size = 0;
  while (size < out.size()) {
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
