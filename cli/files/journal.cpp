#include "truckee/cli/files/journal.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/tagged_hash.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace truckee::cli {

namespace {

/// 27 bytes a file: five million.
constexpr std::size_t journal_bytes_max = std::size_t{128} << 20;

constexpr std::string_view title = "truckee journal 1 ";

/// A journal's first line.
std::string head_for(std::string_view what) {
  return std::string(title) + crypto::to_base32(crypto::sha256({as_bytes(what)}).view().first(16)) + "\n";
}

tl::unexpected<error> failed(const std::string& name, const char* what, errc code = errc::io) {
  return fail(code, name + ": " + what + ": " + std::strerror(errno)); // NOLINT(concurrency-mt-unsafe)
}

} // namespace

result<journal> journal::open(const std::string& file, std::string_view what) {
  truckee::descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR));
  if (fd.get() < 0)
    return failed(file, "cannot be opened", errc::usage);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode))
    return fail(errc::usage, file + ": is no regular file; what is done is kept in one");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK
               ? fail(errc::refused,
                      file + ": another process is at work with it; let it end, or name another")
               : failed(file, "cannot be locked");
  const auto content = read_small_file(file, journal_bytes_max);
  if (!content)
    return fail(errc::usage, content.error().detail);
  journal out(file, std::move(fd));
  if (auto known = out.read(as_text(*content), head_for(what)); !known)
    return tl::unexpected(known.error());
  return out;
}

result<void> journal::read(std::string_view content, std::string_view head) {
  if (head.starts_with(content)) { // new, or it was cut off as it began
    if (::ftruncate(file_.get(), 0) != 0)
      return failed(name_, "cannot be written");
    return append(head);
  }
  if (!content.starts_with(title))
    return fail(errc::usage, name_ + ": is no journal of this program; name a file that is not there yet");
  if (!content.starts_with(head))
    return fail(errc::usage,
                name_ + ": was begun for something else, or with another grid file: what was done then is "
                        "not done now; name a file that is not there yet");
  auto left = content.substr(head.size());
  for (std::size_t line = 2; !left.empty(); ++line) {
    const auto end = left.find('\n');
    if (end == left.npos)
      break;
    const auto raw = crypto::from_base32(left.substr(0, end));
    const auto file = raw ? storage_index::from(*raw) : std::nullopt;
    if (!file)
      return fail(errc::usage,
                  name_ + ": line " + std::to_string(line) +
                      " is no storage index; name a file that is not there yet, and all is looked at again");
    done_.insert(*file);
    left.remove_prefix(end + 1);
  }
  const auto whole = static_cast<off_t>(content.size() - left.size());
  if (::ftruncate(file_.get(), whole) != 0 || ::lseek(file_.get(), 0, SEEK_END) < 0)
    return failed(name_, "cannot be written");
  return {};
}

result<void> journal::append(std::string_view line) {
  while (!line.empty()) {
    const auto put = ::write(file_.get(), line.data(), line.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return failed(name_, "cannot be written");
    line.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fdatasync(file_.get()) != 0)
    return failed(name_, "cannot be written");
  return {};
}

result<void> journal::add(const storage_index& file) {
  if (!done_.insert(file).second)
    return {};
  return append(crypto::to_base32(file.view()) + "\n");
}

} // namespace truckee::cli
