#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/recent_map.hpp"
#include "truckee/storage/file_system.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace truckee::storage {

/// A file aside that nobody needs: it goes with its owner, unless that releases it.
class spare_file {
public:
  spare_file(file_system& files, std::filesystem::path name) : files_(files), name_(std::move(name)) {}
  spare_file(const spare_file&) = delete;
  spare_file& operator=(const spare_file&) = delete;
  ~spare_file() {
    if (!name_.empty())
      (void)files_.remove_file(name_); // what stays is removed when the store is opened next
  }

  std::filesystem::path release() { return std::exchange(name_, {}); }

private:
  file_system& files_;
  std::filesystem::path name_;
};

/// The files that updates replaced last, one a share: the next update of that share writes into it instead of making a new file,
/// which costs a file system several times as much. Of the same share, so that whatever a power loss makes of a file that
/// was being written is a version of that share and nobody else's. Any thread may call.
class spare_files {
public:
  /// All of them together take at most so many bytes of the disk.
  spare_files(file_system& files, std::uint64_t bytes_max)
    : files_(files), spares_(static_cast<std::size_t>(bytes_max)) {}

  /// The caller's now; empty where there is none.
  std::filesystem::path take(const storage_index& slot, share_number share);
  /// `bytes`: as long as it is.
  void keep(const storage_index& slot, share_number share, std::filesystem::path file, std::uint64_t bytes);
  /// Whether there was any.
  bool clear();
  /// Bytes of the disk that clear() would give back, about.
  std::uint64_t bytes();

private:
  struct place {
    storage_index slot;
    share_number share;
    bool operator==(const place&) const = default;
  };
  struct hash {
    std::size_t operator()(const place& x) const {
      return std::hash<storage_index>{}(x.slot) * 257 + x.share.value;
    }
  };
  using map = recent_map<place, std::unique_ptr<spare_file>, hash>;

  file_system& files_;
  std::mutex mutex_;
  map spares_;
};

} // namespace truckee::storage
