#pragma once

#include "truckee/base/random.hpp"
#include "truckee/storage/file_system.hpp"
#include "truckee/storage/share_store.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace truckee::storage {

/// What an acknowledged write has survived.
enum class durability : std::uint8_t {
  /// Every write is on the disk before it is acknowledged; after power loss each slot is wholly before or
  /// wholly
  /// after the last write, and wholly after if that was acknowledged.
  full,
  /// No fsync at all. A crash of the process loses nothing; after power loss or a crash of the kernel, shares
  /// written
  /// in about the last half minute may be old, missing or torn. For tests and for grids that can be refilled.
  none,
};

/// Which folder, and how it is kept.
struct disk_store_options {
  /// The folder that holds (or will hold) `shares/`; made when absent.
  std::filesystem::path directory = {};
  store_limits limits = {};
  storage::durability durability = durability::full;
  /// Answers read_only to whatever would write. The folder must be a store already.
  bool read_only = false;
  /// Makes no new store: where there is none (its disk is not mounted), nothing is touched.
  bool must_exist = false;
  /// Gives a new store its id; empty: a random one. Called once the folder is there, and this process's alone.
  std::function<result<server_id>()> new_id = {};
};

/// Tahoe-LAFS's own directory of mutable containers: shares/<first 2 characters>/<storage index in
/// base32>/<number>.
///
/// Reads the node id from `my_nodeid` (base32) in the folder or the one above it, makes a random one when
/// there is none; placement's seed from `permutation-seed` (base32) in the same places, else the node id.
/// Finishes or forgets what a crash interrupted. Errors: io (with path and reason; also a file system that cannot
/// do what writing needs), configuration (an unreadable id, or no store where one must be), refused (another
/// process has the store open).
result<std::unique_ptr<share_store>> open_disk_store(const disk_store_options& options, unix_clock now,
                                                     random_source& random,
                                                     file_system& files = posix_file_system());

} // namespace truckee::storage
