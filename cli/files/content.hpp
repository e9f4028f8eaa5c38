#pragma once

#include "truckee/base/file_replacement.hpp"
#include "truckee/base/result.hpp"
#include "truckee/base/shared_bytes.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

/// Files that commands read and write for people.
namespace truckee::cli {

/// All of a file, or of standard input for "-"; never more than `bytes_max` is in memory. Errors: not_found, usage (a
/// folder), too_large, io, with the name and what to do.
result<shared_bytes> read_content(const std::string& file, std::uint64_t bytes_max);

/// A named file that content is written to: a regular one is there whole, or as it was before; into a device, a pipe or
/// what lies below /dev and /proc it is written at once.
class content_output {
public:
  /// Says what makes it impossible, before anything is read for it. Errors as file_replacement's.
  static result<content_output> open(const std::string& file);
  /// Appends. Errors: io.
  result<void> write(byte_view content);
  /// Takes back what was written; false: into this it cannot be taken back.
  result<bool> begin_again();
  /// Nothing more comes: a regular file gets its name. Errors: io.
  result<void> finish();
  /// For whoever ends the process before that.
  void discard() noexcept;

private:
  struct in_place {
    std::string file;
    std::shared_ptr<const int> open = nullptr; ///< from the first byte on, or the end
  };
  explicit content_output(std::variant<in_place, file_replacement> how) : how_(std::move(how)) {}
  std::variant<in_place, file_replacement> how_;
};

/// What standard input and output are, as names that inputs_kept() understands.
inline constexpr const char* standard_input_file = "/proc/self/fd/0";
inline constexpr const char* standard_output_file = "/proc/self/fd/1";

/// errc::usage where a file to write is one of those that are read, by device and inode: a capability that is written over
/// is a file lost. What is not a regular file can be both.
result<void> inputs_kept(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs);

/// Whether others than its owner may read a file with a secret; false for what is no regular file.
bool is_open_to_others(const std::string& file);

} // namespace truckee::cli
