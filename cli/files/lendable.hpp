#pragma once

#include "truckee/base/result.hpp"
#include "truckee/base/shared_bytes.hpp"

#include <memory>
#include <string>
#include <variant>

/// Content that is too much to be in memory at once.
namespace truckee::cli {

/// An open file, from the place on at which it was opened; read from any thread, as often as wanted.
class lendable_file {
public:
  /// Takes the descriptor over. `name` is for people.
  lendable_file(int fd, std::string name, std::uint64_t begin, std::uint64_t size)
    : fd_(fd), name_(std::move(name)), begin_(begin), size_(size) {}
  ~lendable_file();
  lendable_file(const lendable_file&) = delete;
  lendable_file& operator=(const lendable_file&) = delete;

  /// Bytes it had when it was opened; no others are given.
  std::uint64_t size() const { return size_; }
  /// errc::io, with the name: also where it has become shorter.
  result<shared_bytes> read(std::uint64_t offset, std::uint64_t length) const;

private:
  int fd_;
  std::string name_;
  std::uint64_t begin_;
  std::uint64_t size_;
};

/// What is to be published: in memory, or in a file.
using lendable_content = std::variant<shared_bytes, std::shared_ptr<const lendable_file>>;

/// A file, or standard input for "-". No more than `memory_max` bytes of it are in memory: of a regular file that is longer
/// nothing is read now, and what comes longer through a pipe is kept in a file without a name in `spool_directory()`. Errors as
/// read_content's, and io where there is no room for such a file.
result<lendable_content> open_lendable(const std::string& file, std::uint64_t memory_max);

/// $TMPDIR, or /var/tmp, which is on a disk.
std::string spool_directory();

} // namespace truckee::cli
