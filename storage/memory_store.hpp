#pragma once

#include "truckee/storage/share_store.hpp"

#include <memory>

namespace truckee::storage {

/// A write far beyond a share's end takes memory up to there.
inline store_limits limits_in_memory() {
  store_limits out;
  out.share_bytes_max = std::uint64_t{1} << 30;
  return out;
}

/// What a store in memory is, and when it is full.
struct memory_store_options {
  server_id id;
  bytes permutation_seed; ///< empty: the id's bytes
  store_limits limits = limits_in_memory();
  bool read_only = false;
  std::uint64_t capacity = std::uint64_t{1} << 40; ///< bytes of containers it holds before it is full
};

/// The rules of disk_store over memory; for tests, simulation and short-lived grids. Loses all when
/// destroyed.
std::unique_ptr<share_store> make_memory_store(memory_store_options options, unix_clock now);

} // namespace truckee::storage
