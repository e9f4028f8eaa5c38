#pragma once

#include "truckee/base/recent_map.hpp"
#include "truckee/grid/share_seal.hpp"
#include "truckee/grid/version.hpp"

#include <memory>
#include <set>
#include <vector>

namespace truckee::actors {

/// What this client sent of one file. A message of an operation that ended may still land: the next one has to know it
/// for its own. Operations on a file come one after another; whose turn it is may read and add.
struct sent_versions {
  std::set<grid::file_version> versions;
  std::vector<grid::share_seal> seals; ///< strict: of the signatures, oldest first
};

/// Those of the files written last. What is forgotten is at worst taken for another writer's: nothing is lost
/// by it.
class sent_history {
public:
  explicit sent_history(std::size_t files_max = 4096) : by_slot_(files_max) {}

  std::shared_ptr<sent_versions> of(const storage_index& slot);
  std::size_t size() const { return by_slot_.size(); }

  /// Of one file; the oldest are forgotten.
  static constexpr std::size_t versions_max = 64;
  static constexpr std::size_t seals_max =
      256; ///< a version of its own and those that its barrier signs anew
  static void add(sent_versions& to, const std::set<grid::file_version>& sent,
                  const std::set<grid::share_seal>& seals = {});

private:
  recent_map<storage_index, std::shared_ptr<sent_versions>> by_slot_;
};

} // namespace truckee::actors
