#pragma once

#include "truckee/storage/file_system.hpp"

#include <functional>
#include <map>

namespace truckee::storage {

/// A file to be: runs of an old file, zeros and given bytes. Nothing is copied before it is written out.
class file_image {
public:
  /// Bytes that stand together in the file.
  struct run {
    enum class source : std::uint8_t { old_file, zeros, given };
    source from = source::zeros;
    std::uint64_t length = 0;
    std::uint64_t old_offset = 0; ///< with old_file
    shared_bytes data;            ///< with given
  };

  /// Begins as the whole of an old file; 0 for a new one.
  explicit file_image(std::uint64_t old_size = 0);

  std::uint64_t size() const { return size_; }
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

/// Gives the image's bytes to `sink`, in order, small runs gathered. `old_file` may be null for an image
/// without one.
io_result<void> write_image(const file_image& image, const readable_file* old_file, const byte_sink& sink);

} // namespace truckee::storage
