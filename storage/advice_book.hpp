#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/base/result.hpp"

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>

namespace truckee::storage {

/// What clients said of shares that did not verify, one file each in `corruption-advisories` beside `shares`, where Tahoe-LAFS keeps them,
/// too. For people: nothing reads it. Safe from several threads; calls block.
class advice_book {
public:
  /// Files that are kept: clients can make up as many as they like.
  static constexpr std::size_t files_max = 1000;

  /// `store`: the store's folder.
  explicit advice_book(const std::filesystem::path& store) : folder_(store / "corruption-advisories") {}

  /// Writes it down under the time, slot and share; once a second for one share. Errors: too_large (there are files_max), io.
  result<void> keep(const storage_index& slot, share_number share, std::string_view reason,
                    std::chrono::seconds unix_time);

private:
  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::optional<std::size_t> files_; ///< once they were counted
};

} // namespace truckee::storage
