#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/storage/staged_file.hpp"

#include <compare>
#include <map>
#include <memory>
#include <mutex>

namespace truckee::storage {

/// Which share to be a piece belongs to.
struct staging_name {
  storage_index slot;
  share_number share;
  staging_id staging;
  friend auto operator<=>(const staging_name&, const staging_name&) = default;
};

/// What was brought in pieces and is no share yet. Times are unix seconds; where a clock went back none has passed. Any thread may
/// call; what somebody holds is in use and stays.
class staging_book {
public:
  explicit staging_book(std::size_t count_max) : count_max_(count_max) {}

  /// Null where there is none; counts as a use.
  std::shared_ptr<staged_file> find(const staging_name& name, std::uint64_t now);
  bool is_full();
  /// False where there is no place for it.
  bool add(const staging_name& name, std::shared_ptr<staged_file> file, std::uint64_t now);
  void let_go(const staging_name& name);
  /// Of those that nobody used for so long the one that was not for longest; whether there was any.
  bool let_go_oldest(std::uint64_t now, std::uint64_t idle_seconds);
  /// All of them.
  void let_go_idle(std::uint64_t now, std::uint64_t idle_seconds);
  std::size_t size();

private:
  struct entry {
    std::shared_ptr<staged_file> file;
    std::uint64_t used_at = 0;
  };
  using entries = std::map<staging_name, entry>;

  static bool is_idle(const entry& one, std::uint64_t now, std::uint64_t idle_seconds);

  const std::size_t count_max_;
  std::mutex mutex_;
  entries entries_;
};

} // namespace truckee::storage
