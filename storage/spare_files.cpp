#include "truckee/storage/spare_files.hpp"

#include <algorithm>

namespace truckee::storage {

namespace {

/// What even the smallest file takes, of a disk and of memory.
constexpr std::uint64_t file_bytes_min = 4096;

} // namespace

std::filesystem::path spare_files::take(const storage_index& slot, share_number share) {
  const std::lock_guard lock(mutex_);
  auto* const found = spares_.find({slot, share});
  if (found == nullptr)
    return {};
  auto out = (*found)->release();
  spares_.erase({slot, share});
  return out;
}

void spare_files::keep(const storage_index& slot, share_number share, std::filesystem::path file,
                       std::uint64_t bytes) {
  auto spare = std::make_unique<spare_file>(files_, std::move(file));
  const std::lock_guard lock(mutex_);
  spares_.put({slot, share}, std::move(spare), static_cast<std::size_t>(std::max(bytes, file_bytes_min)));
}

bool spare_files::clear() {
  const std::lock_guard lock(mutex_);
  const bool any = spares_.size() > 0;
  spares_.clear();
  return any;
}

std::uint64_t spare_files::bytes() {
  const std::lock_guard lock(mutex_);
  return spares_.weight();
}

} // namespace truckee::storage
