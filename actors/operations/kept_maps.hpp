#pragma once

#include "truckee/base/recent_map.hpp"
#include "truckee/grid/file/kept_map.hpp"
#include "truckee/messages/operations.hpp"

#include <memory>
#include <optional>

namespace truckee::actors {

/// What operations of one client leave of a file for the next one: of the files they were about last. Operations on a file come
/// one after another: each takes what is there, and leaves its own where all went well.
template <class Kept>
class kept_of_files {
public:
  using place = std::optional<Kept>;

  explicit kept_of_files(std::size_t files_max) : places_(files_max) {}

  std::shared_ptr<place> of(const storage_index& slot) { return shared_in(places_, slot); }
  void drop(const storage_index& slot) { places_.erase(slot); }
  std::size_t size() const { return places_.size(); }

private:
  recent_map<storage_index, std::shared_ptr<place>> places_;
};

/// What the last write of one file left. The content of a small file that is kept strictly is in it; the key that goes with it
/// is in shares::file_memory.
using kept_place = std::optional<grid::kept_map>;

/// Those of the files written last.
class kept_maps : public kept_of_files<grid::kept_map> {
public:
  /// As many as there are keys kept: without its key a map is of no use.
  explicit kept_maps(std::size_t files_max = 100) : kept_of_files(files_max) {}
};

/// The map that a read of a part of a file was made from, for the next part of the same version, which then needs none: each
/// share is asked again for what names its version.
struct kept_read {
  std::shared_ptr<const messages::mapped_file> mapped;
  grid::file_version version;
  std::chrono::steady_clock::time_point used;
};
using kept_read_place = std::optional<kept_read>;

/// Those of the files read last. The first bytes of some shares are kept of each, 40 KB where there are ten.
class kept_reads : public kept_of_files<kept_read> {
public:
  explicit kept_reads(std::size_t files_max = 16) : kept_of_files(files_max) {}
};

} // namespace truckee::actors
