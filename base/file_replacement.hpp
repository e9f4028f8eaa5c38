#pragma once

#include "truckee/base/bytes.hpp"
#include "truckee/base/result.hpp"

#include <filesystem>
#include <optional>
#include <sys/types.h>

namespace truckee {

enum class existing_file : std::uint8_t { refuse, replace };

/// A file that comes to be under its name whole and on the disk, or not at all: what stood there stays until commit().
/// Until then it has no name, where the file system can do that (O_TMPFILE), so that nothing is left of it whatever
/// ends the process; elsewhere a short one beside it, which goes with this object.
class file_replacement {
public:
  /// What a new file may be, and whether a replaced one keeps its mode, owner and access list.
  struct rights {
    mode_t mode = 0600;
    bool keep = false;
  };

  /// Opens it, before anything is written, where the name can be had. Errors: not_found (no such folder), usage (a folder
  /// stands there), io (no permission, the name is too long, ...). A link is replaced, not followed.
  static result<file_replacement> open(const std::filesystem::path& path, rights wanted);

  ~file_replacement();
  file_replacement(file_replacement&& other) noexcept;
  file_replacement& operator=(file_replacement&&) = delete;

  /// Appends. Errors: io.
  result<void> write(byte_view content);
  /// Takes back all that was written. Errors: io.
  result<void> begin_again();
  /// Gives it its name. Errors: refused (it must not replace another), io.
  result<void> commit(existing_file existing);
  /// Takes away what has a name of its own before its time; for whoever ends the process.
  void discard() noexcept;

private:
  file_replacement(std::filesystem::path path, std::filesystem::path folder, int descriptor,
                   std::string temporary)
    : path_(std::move(path)), folder_(std::move(folder)), descriptor_(descriptor),
      temporary_(std::move(temporary)) {}

  tl::unexpected<error> failed(const char* what, int number) const;
  result<void> take_rights(const rights& wanted);
  /// With errno set where it fails.
  bool name_it(existing_file existing);

  std::filesystem::path path_;
  std::filesystem::path folder_;
  int descriptor_;
  std::string temporary_; ///< empty: it has no name yet
};

} // namespace truckee
