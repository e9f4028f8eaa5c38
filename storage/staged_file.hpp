#pragma once

#include "truckee/storage/file_system.hpp"

#include <algorithm>

namespace truckee::storage {

/// A file to be that is brought in pieces: laid out as the one it becomes, and nobody's before a plan makes a share of it. It goes
/// with its last owner. Calls do not overlap.
class staged_file {
public:
  staged_file() = default;
  staged_file(const staged_file&) = delete;
  staged_file& operator=(const staged_file&) = delete;
  virtual ~staged_file() = default;

  /// Bytes from its beginning to the end of the last piece; what no piece brought of them reads as zeros.
  std::uint64_t size() const { return size_; }
  /// What fails may have written some of it.
  io_result<void> write(std::uint64_t offset, const shared_bytes& data) {
    return put(offset, data.view()).map([&] { size_ = std::max(size_, offset + data.size()); });
  }

protected:
  virtual io_result<void> put(std::uint64_t offset, byte_view data) = 0;

private:
  std::uint64_t size_ = 0;
};

} // namespace truckee::storage
