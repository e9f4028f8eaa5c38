#pragma once

#include "truckee/storage/file_system.hpp"

#include <functional>
#include <map>

namespace truckee::storage {

/// A file to be: runs of an old file, zeros and given bytes, and of what is in it already. Nothing is copied before it is written
/// out.
class file_image {
public:
  /// Bytes that stand together in the file.
  struct run {
    enum class source : std::uint8_t {
      old_file,
      zeros,
      given,
      staged, ///< in the file that it is written into, at this very place
    };
    source from = source::zeros;
    std::uint64_t length = 0;
    std::uint64_t old_offset = 0; ///< with old_file
    shared_bytes data;            ///< with given
  };

  /// Begins as the whole of an old file; 0 for a new one.
  explicit file_image(std::uint64_t old_size = 0);
  /// Begins as what was staged in the file itself, from its beginning to `size`.
  static file_image of_staged(std::uint64_t size);

  std::uint64_t size() const { return size_; }
  /// Without those that are in place.
  std::uint64_t bytes_to_write() const;
  const std::map<std::uint64_t, run>& runs() const { return runs_; }
  /// A copy of these bytes where all of them are of one given run; else nothing.
  bytes given(std::uint64_t offset, std::uint64_t length) const;

  /// Replaces or appends; a gap before `offset` becomes zeros.
  void put(std::uint64_t offset, shared_bytes data);
  void put_zeros(std::uint64_t offset, std::uint64_t length);
  /// Leaves out what lies from `size` on.
  void cut(std::uint64_t size);

private:
  void place(std::uint64_t offset, run what);
  void split(std::uint64_t offset);

  std::map<std::uint64_t, run> runs_; ///< by offset; together they cover [0, size_)
  std::uint64_t size_ = 0;
};

using byte_sink = std::function<io_result<void>(byte_view)>;
/// The same of a file that is not written from its beginning to its end.
using placed_sink = std::function<io_result<void>(std::uint64_t offset, byte_view)>;

/// Gives the image's bytes to `sink`, in order, small runs gathered. `old_file` may be null for an image
/// without one. Nothing of it is staged.
io_result<void> write_image(const file_image& image, const readable_file* old_file, const byte_sink& sink);
/// The same without what is staged.
io_result<void> place_image(const file_image& image, const readable_file* old_file, const placed_sink& sink);

} // namespace truckee::storage
