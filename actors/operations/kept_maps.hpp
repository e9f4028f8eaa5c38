#pragma once

#include "truckee/base/recent_map.hpp"
#include "truckee/grid/file/kept_map.hpp"

#include <memory>
#include <optional>

namespace truckee::actors {

/// What the last write of one file left. Operations on a file come one after another: who writes takes it, and leaves his own
/// where all went well. The content of a small file that is kept strictly is in it; the key that goes with it is in
/// shares::file_memory.
using kept_place = std::optional<grid::kept_map>;

/// Those of the files written last.
class kept_maps {
public:
  /// As many as there are keys kept: without its key a map is of no use.
  explicit kept_maps(std::size_t files_max = 100) : places_(files_max) {}

  std::shared_ptr<kept_place> of(const storage_index& slot);
  void drop(const storage_index& slot) { places_.erase(slot); }
  std::size_t size() const { return places_.size(); }

private:
  recent_map<storage_index, std::shared_ptr<kept_place>> places_;
};

} // namespace truckee::actors
